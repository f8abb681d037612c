import { InputError } from "../../data/input_error.ts";
import { parseYaml } from "../../data/parse_yaml.ts";
import { quote } from "../../data/schema.ts";

/** A way to train that is compared with others. */
export interface Recipe {
  /** Its name in the table. */
  readonly name: string;
  /** Configuration of the run, a file beside the comparison. */
  readonly file: string;
  /** Seeds that it is trained with, from 1. */
  readonly seeds: number;
  /** What differs from the file: values by dotted key, as YAML scalars. */
  readonly overrides: Readonly<Record<string, string>>;
}

const KEYS = ["file", "seeds", "set"];

/**
 * Reads a list of recipes: a mapping of names to `file`, `seeds` and `set`,
 * which changes keys of the file.
 *
 * @param text YAML.
 * @param source The file's name, for messages.
 * @returns The recipes, the one that others are measured by first.
 * @throws {InputError} if something is missing or unknown.
 */
export function parseComparison(text: string, source: string): Recipe[] {
  const document = parseYaml(text, source);
  return Object.entries(mapping(document, source)).map(([name, given]) => {
    const place = `${source}: "${name}"`;
    const fields = mapping(given, place);
    const unknown = Object.keys(fields).find((key) => !KEYS.includes(key));
    if (unknown !== undefined) {
      throw new InputError(
        `${place}: unknown key "${unknown}"; there are ${KEYS.join(", ")}`,
      );
    }
    const { file, seeds = 1, set = {} } = fields;
    if (typeof file !== "string" || file === "") {
      throw new InputError(
        `${place}: "file" is ${quote(file)}; it must be a run's file`,
      );
    }
    if (typeof seeds !== "number" || !Number.isInteger(seeds) || seeds < 1) {
      throw new InputError(
        `${place}: "seeds" is ${quote(seeds)}; it must be an integer of at ` +
          "least 1",
      );
    }
    const overrides = Object.fromEntries(
      Object.entries(mapping(set, `${place}: "set"`))
        .map(([key, value]) => [key, JSON.stringify(value)]),
    );
    return { name, file, seeds, overrides };
  });
}

function mapping(
  value: unknown,
  place: string,
): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new InputError(`${place} is ${quote(value)}; it must be a mapping`);
}
