import { InputError } from "../input_error.ts";
import { isRecord } from "../is_record.ts";
import { nearest } from "../nearest.ts";
import { defaultsOf, parseField, quote, type Section } from "../schema.ts";
import { C4_DOCUMENTS } from "./c4_documents.ts";
import { C4_LINES } from "./c4_lines.ts";
import { DECONTAMINATE } from "./decontaminate.ts";
import { DUPLICATE_LINES, DUPLICATE_PARAGRAPHS } from "./duplicate_parts.ts";
import { EXACT_DUPLICATES } from "./exact_duplicates.ts";
import { FINEWEB } from "./fineweb.ts";
import { GOPHER_QUALITY } from "./gopher_quality.ts";
import { GOPHER_REPETITION } from "./gopher_repetition.ts";
import { LANGUAGE } from "./language.ts";
import { MINHASH } from "./minhash.ts";
import { NORMALIZE } from "./normalize.ts";
import { PII } from "./pii.ts";
import { QUALITY } from "./quality/quality_step.ts";
import type { Step } from "./step.ts";
import type { StepDefinition } from "./step_definition.ts";

/** Every kind of step that a curation may name, in the order of the help. */
export const STEP_DEFINITIONS: readonly StepDefinition<unknown>[] = [
  NORMALIZE,
  LANGUAGE,
  GOPHER_REPETITION,
  GOPHER_QUALITY,
  C4_LINES,
  C4_DOCUMENTS,
  FINEWEB,
  PII,
  EXACT_DUPLICATES,
  MINHASH,
  DUPLICATE_LINES,
  DUPLICATE_PARAGRAPHS,
  DECONTAMINATE,
  QUALITY,
];

/**
 * Makes a step of what a configuration says of it.
 *
 * @param value From the outside: a step's name, or a mapping of the name to
 * options, such as `{ gopher_quality: { min_words: 30 } }`.
 * @param source Where the value stands, for messages: `curate.yaml: steps[2]`.
 * @returns The step; an option that is not given has its default.
 * @throws {InputError} If the step or an option is unknown (names the nearest
 * one that is known), a value is not allowed, or a file that an option names
 * cannot be used.
 */
export async function parseStep(value: unknown, source: string): Promise<Step> {
  const [name, given] = nameAndOptions(value, source);
  const definition = STEP_DEFINITIONS.find((known) => known.name === name);
  if (definition === undefined) {
    throw new InputError(
      `${source}: unknown step ${quote(name)}; ` +
        suggestion(name, STEP_DEFINITIONS.map((known) => known.name)),
    );
  }
  const options = parseOptions(definition.options, given, name, source);
  return await definition.make(options);
}

/** The two halves of what was given. */
function nameAndOptions(
  value: unknown,
  source: string,
): [name: string, options: Readonly<Record<string, unknown>>] {
  if (typeof value === "string") return [value, {}];
  const entries = isRecord(value) ? Object.entries(value) : [];
  if (entries.length !== 1) {
    throw new InputError(
      `${source}: a step is ${quote(value)}; it must be a name, or one name ` +
        `with a mapping of options, as in "gopher_quality: { min_words: 30 }"`,
    );
  }
  const [name, options] = entries[0];
  // A mapping of which every key is commented out is null.
  if (options === null) return [name, {}];
  if (!isRecord(options)) {
    throw new InputError(
      `${source}: the options of ${quote(name)} are ${quote(options)}; they ` +
        `must be a mapping`,
    );
  }
  return [name, options];
}

function parseOptions<T>(
  section: Section<T>,
  given: Readonly<Record<string, unknown>>,
  name: string,
  source: string,
): T {
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(section, key)) continue;
    throw new InputError(
      `${source}: unknown option ${quote(key)} of ${name}; ` +
        suggestion(key, Object.keys(section)),
    );
  }
  const options = defaultsOf(section);
  for (const key in section) {
    if (!Object.hasOwn(given, key)) continue;
    const full = `${name}.${key}`;
    options[key] = parseField(section[key], given[key], full, source);
  }
  return options;
}

/** What was meant, or all that might have been. */
function suggestion(word: string, known: readonly string[]): string {
  const guess = nearest(word, known);
  if (guess !== undefined) return `did you mean ${quote(guess)}?`;
  return known.length === 0
    ? "it has none"
    : `there are ${known.toSorted().join(", ")}`;
}
