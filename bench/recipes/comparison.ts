import { InputError } from "../../data/input_error.ts";
import { isRecord } from "../../data/is_record.ts";
import { parseYaml } from "../../data/parse_yaml.ts";
import {
  integer,
  parseField,
  quote,
  type Section,
  text,
} from "../../data/schema.ts";

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

const FIELDS: Section<Pick<Recipe, "file" | "seeds">> = {
  file: text({ default: "", description: "configuration of the run" }),
  seeds: integer({ default: 1, minimum: 1, description: "seeds, from 1" }),
};

const KEYS = [...Object.keys(FIELDS), "set"];

/**
 * Reads a list of recipes: a mapping of names to `file`, `seeds` and `set`,
 * which changes keys of the file.
 *
 * @param yaml The list.
 * @param source The file's name, for messages.
 * @returns The recipes, the one that others are measured by first.
 * @throws {InputError} if something is missing or unknown.
 */
export function parseComparison(yaml: string, source: string): Recipe[] {
  const document = parseYaml(yaml, source);
  return Object.entries(mapping(document, source)).map(([name, given]) => {
    const place = `${source}: "${name}"`;
    const fields = mapping(given, place);
    const unknown = Object.keys(fields).find((key) => !KEYS.includes(key));
    if (unknown !== undefined) {
      throw new InputError(
        `${place}: unknown key "${unknown}"; there are ${KEYS.join(", ")}`,
      );
    }
    const { file, seeds = FIELDS.seeds.default, set = {} } = fields;
    const overrides = Object.fromEntries(
      Object.entries(mapping(set, `${place}: "set"`))
        .map(([key, value]) => [key, JSON.stringify(value)]),
    );
    return {
      name,
      file: parseField(FIELDS.file, file, "file", place),
      seeds: parseField(FIELDS.seeds, seeds, "seeds", place),
      overrides,
    };
  });
}

function mapping(
  value: unknown,
  place: string,
): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw new InputError(`${place} is ${quote(value)}; it must be a mapping`);
}
