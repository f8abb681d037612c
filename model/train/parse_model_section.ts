import { InputError } from "../../data/input_error.ts";
import { nearest } from "../../data/nearest.ts";
import { GPT2_FIELDS, LLAMA_FIELDS } from "../config_fields.ts";
import { DEFAULT_PRESET, PRESETS } from "../preset.ts";
import { parseField, quote, type Section } from "../../data/schema.ts";
import type { ModelSection } from "./run_config.ts";

/** A value from the outside, and where it stands. */
export interface Given {
  /** The value as YAML gave it. */
  readonly value: unknown;
  /** The file, or the flag. */
  readonly source: string;
}

const FAMILIES = { gpt2: GPT2_FIELDS, llama: LLAMA_FIELDS } as const;

/**
 * Reads the section that names the model.
 *
 * @param given Values by key, from the outside: `preset`, `family`, and fields
 * of the family.
 * @returns The section. Without preset and family it is the default preset's.
 * @throws {InputError} If a preset, family or field is unknown or not allowed.
 */
export function parseModelSection(
  given: ReadonlyMap<string, Given>,
): ModelSection {
  const named = given.get("preset");
  const chosen = given.get("family");
  const preset = parsePreset(named, chosen === undefined);
  const fixed = preset === null ? undefined : PRESETS.get(preset)?.model.family;
  const family = chosen === undefined ? fixed : parseFamily(chosen);
  if (chosen !== undefined && fixed !== undefined && family !== fixed) {
    throw new InputError(
      `${chosen.source}: "model.family" is ${quote(family)}, but preset ${
        quote(preset)
      } is of family ${quote(fixed)}; leave one of them out`,
    );
  }
  return family === "gpt2"
    ? { preset, family, fields: parseFields(GPT2_FIELDS, given, "gpt2") }
    : {
      preset,
      family: "llama",
      fields: parseFields(LLAMA_FIELDS, given, "llama"),
    };
}

function parsePreset(
  given: Given | undefined,
  needed: boolean,
): string | null {
  const name = given?.value ?? null;
  if (name === null) return needed ? DEFAULT_PRESET : null;
  if (typeof name === "string" && PRESETS.has(name)) return name;
  throw new InputError(
    `${given?.source}: "model.preset" is ${quote(name)}; it must be one of ${
      [...PRESETS.keys()].map(quote).join(", ")
    }`,
  );
}

function parseFamily({ value, source }: Given): keyof typeof FAMILIES {
  if (value === "gpt2" || value === "llama") return value;
  throw new InputError(
    `${source}: "model.family" is ${
      quote(value)
    }; it must be one of "gpt2", "llama"`,
  );
}

function parseFields<T>(
  section: Section<T>,
  given: ReadonlyMap<string, Given>,
  family: keyof typeof FAMILIES,
): Partial<T> {
  const parsed: Partial<T> = {};
  for (const key in section) {
    const found = given.get(key);
    if (found === undefined) continue;
    parsed[key] = parseField(
      section[key],
      found.value,
      `model.${key}`,
      found.source,
    );
  }
  for (const [key, { source }] of given) {
    if (key === "preset" || key === "family") continue;
    if (!Object.hasOwn(section, key)) throw unknownField(key, family, source);
  }
  return parsed;
}

function unknownField(
  key: string,
  family: keyof typeof FAMILIES,
  source: string,
): InputError {
  const other = family === "gpt2" ? "llama" : "gpt2";
  if (Object.hasOwn(FAMILIES[other], key)) {
    return new InputError(
      `${source}: "model.${key}" is a field of family "${other}", but the ` +
        `model is of family "${family}"; set "model.family" or drop the key`,
    );
  }
  const known = ["preset", "family", ...Object.keys(FAMILIES[family])];
  const guess = nearest(key, known);
  return new InputError(
    `${source}: unknown key "model.${key}"; ` +
      (guess === undefined
        ? `family "${family}" has ${known.slice(2).join(", ")}`
        : `did you mean "model.${guess}"?`),
  );
}
