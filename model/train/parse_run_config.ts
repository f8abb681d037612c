import { InputError } from "../../data/input_error.ts";
import { isRecord } from "../../data/is_record.ts";
import { parseYaml } from "../../data/parse_yaml.ts";
import { nearest } from "../../data/nearest.ts";
import { parseField, quote, type Section } from "../../data/schema.ts";
import { BatchRamp } from "./batch_ramp.ts";
import { ContextRamp } from "./context_ramp.ts";
import { type Given, parseModelSection } from "./parse_model_section.ts";
import type { RunConfig } from "./run_config.ts";
import { RUN_SECTIONS, SEED } from "./run_config_schema.ts";

/**
 * Reads a run's configuration. Every key is checked; a missing one has its
 * default.
 *
 * @param text YAML, one mapping of sections; may be empty.
 * @param source The file's name, for messages.
 * @param overrides Values by dotted key, such as `train.steps`, each the text of
 * a YAML scalar; they replace those of the file.
 * @returns The whole configuration.
 * @throws {InputError} If the text is no YAML, a key is unknown, or a value is
 * not allowed, alone or beside another; names file, key, value and what is.
 *
 * @example
 * ```ts
 * import { parseRunConfig } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const config = parseRunConfig("train: { steps: 100 }", "run.yaml", {
 *   "train.batch": "4",
 * });
 * assertEquals(config.train.steps, 100);
 * assertEquals(config.train.batch, 4);
 * ```
 */
export function parseRunConfig(
  text: string,
  source: string,
  overrides: Readonly<Record<string, string>> = {},
): RunConfig {
  return parseGivenConfig(text, source, overrides).config;
}

/** A configuration, and which of its keys were decided by whoever gave it. */
export interface GivenConfig {
  /** The whole configuration. */
  readonly config: RunConfig;
  /** Keys that were given rather than left to their defaults, dotted. */
  readonly given: ReadonlySet<string>;
}

/**
 * Reads a run's configuration, and which of its keys were given: those are not
 * for a planner to decide.
 *
 * @param text As in {@linkcode parseRunConfig}, like the rest.
 * @param source The file's name, for messages.
 * @param overrides Values by dotted key; their keys count as given, too.
 * @throws {InputError} As {@linkcode parseRunConfig} does.
 *
 * @example
 * ```ts
 * import { parseGivenConfig } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const { given } = parseGivenConfig("train: { batch: 4 }", "run.yaml", {
 *   seed: "7",
 * });
 * assertEquals([...given], ["train.batch", "seed"]);
 * ```
 */
export function parseGivenConfig(
  text: string,
  source: string,
  overrides: Readonly<Record<string, string>> = {},
): GivenConfig {
  const given = flatten(parseYaml(text, source), source);
  for (const [key, value] of Object.entries(overrides)) {
    given.set(key, {
      value: parseYaml(value, `--config ${key}`),
      source: "--config",
    });
  }
  const keys = new Set(given.keys());
  const model = parseModelSection(take(given, "model"));
  const config: RunConfig = {
    seed: parseKey(SEED, "seed", given),
    model,
    data: parseSection("data", RUN_SECTIONS.data, given),
    train: parseSection("train", RUN_SECTIONS.train, given),
    optimizer: parseSection("optimizer", RUN_SECTIONS.optimizer, given),
    schedule: parseSection("schedule", RUN_SECTIONS.schedule, given),
    evaluate: parseSection("evaluate", RUN_SECTIONS.evaluate, given),
    sample: parseSection("sample", RUN_SECTIONS.sample, given),
    checkpoint: parseSection("checkpoint", RUN_SECTIONS.checkpoint, given),
    memory: parseSection("memory", RUN_SECTIONS.memory, given),
  };
  for (const [key, { source }] of given) throw unknownKey(key, source);
  BatchRamp.check(config.train, source);
  ContextRamp.check(config.train, source);
  return { config, given: keys };
}

const SECTION_NAMES = ["model", ...Object.keys(RUN_SECTIONS)];

/** All values by dotted key. */
function flatten(document: unknown, source: string): Map<string, Given> {
  const given = new Map<string, Given>();
  if (document === null) return given;
  if (!isRecord(document)) {
    throw new InputError(
      `${source}: is ${quote(document)}; it must be a mapping of sections`,
    );
  }
  const add = (key: string, value: unknown) => {
    if (given.has(key)) {
      throw new InputError(`${source}: "${key}" is given twice; drop one`);
    }
    given.set(key, { value, source });
  };
  for (const [name, value] of Object.entries(document)) {
    if (isRecord(value)) {
      for (const [key, item] of Object.entries(value)) {
        add(`${name}.${key}`, item);
      }
    } else if (!SECTION_NAMES.includes(name)) {
      add(name, value);
    } else if (value !== null) {
      // A section of which every key is commented out is null.
      throw new InputError(
        `${source}: "${name}" is ${quote(value)}; it must be a mapping`,
      );
    }
  }
  return given;
}

/** Takes the values of one section out of `given`, by plain key. */
function take(
  given: Map<string, Given>,
  section: string,
): Map<string, Given> {
  const prefix = `${section}.`;
  const taken = new Map<string, Given>();
  for (const [key, value] of given) {
    if (!key.startsWith(prefix)) continue;
    taken.set(key.slice(prefix.length), value);
    given.delete(key);
  }
  return taken;
}

function parseSection<T>(
  name: string,
  section: Section<T>,
  given: Map<string, Given>,
): T {
  const parsed: Partial<T> = {};
  for (const key in section) {
    parsed[key] = parseKey(section[key], `${name}.${key}`, given);
  }
  return parsed as T;
}

/** Takes one value out of `given`. */
function parseKey<T>(
  field: Section<{ key: T }>["key"],
  key: string,
  given: Map<string, Given>,
): T {
  const found = given.get(key);
  given.delete(key);
  return found === undefined
    ? field.default
    : parseField(field, found.value, key, found.source);
}

function unknownKey(key: string, source: string): InputError {
  if (SECTION_NAMES.includes(key)) {
    return new InputError(
      `${source}: "${key}" is a section; name a key of it, as in "train.steps"`,
    );
  }
  const known = Object.entries(RUN_SECTIONS).flatMap(([name, section]) =>
    Object.keys(section).map((field) => `${name}.${field}`)
  );
  const guess = key.includes(".")
    ? nearest(key, known)
    : nearest(key, ["seed", ...SECTION_NAMES]) ??
      known.find((name) => name.endsWith(`.${key}`));
  return new InputError(
    `${source}: unknown key "${key}"; ` +
      (guess === undefined
        ? `the sections are ${SECTION_NAMES.join(", ")}`
        : `did you mean "${guess}"?`),
  );
}
