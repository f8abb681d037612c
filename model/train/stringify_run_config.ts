import { stringify } from "@std/yaml";
import { GPT2_FIELDS, LLAMA_FIELDS } from "../config_fields.ts";
import { type Field, quote, type Section } from "../../data/schema.ts";
import { RECIPE_FIELDS } from "../recipe_fields.ts";
import type { ModelSection, RunConfig } from "./run_config.ts";
import { RUN_SECTIONS, SEED } from "./run_config_schema.ts";

/**
 * Writes a run's configuration.
 *
 * @param config A run's configuration.
 * @returns YAML that `parseRunConfig` reads as the same configuration, every
 * key written out.
 *
 * @example
 * ```ts
 * import { parseRunConfig, stringifyRunConfig } from "@minnow/minnow";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const config = parseRunConfig("train: { budget: 1h30m }", "run.yaml");
 * const text = stringifyRunConfig(config);
 * assertStringIncludes(text, "budget: 1h30m");
 * assertEquals(parseRunConfig(text, "run.yaml"), config);
 * ```
 */
export function stringifyRunConfig(config: RunConfig): string {
  return stringify({
    seed: config.seed,
    model: printModel(config.model),
    data: print(RUN_SECTIONS.data, config.data),
    train: print(RUN_SECTIONS.train, config.train),
    optimizer: print(RUN_SECTIONS.optimizer, config.optimizer),
    schedule: print(RUN_SECTIONS.schedule, config.schedule),
    evaluate: print(RUN_SECTIONS.evaluate, config.evaluate),
    sample: print(RUN_SECTIONS.sample, config.sample),
    checkpoint: print(RUN_SECTIONS.checkpoint, config.checkpoint),
    memory: print(RUN_SECTIONS.memory, config.memory),
  });
}

/**
 * Describes every key, as `--help` prints them.
 *
 * @returns All keys of a run's configuration for people: the key with its
 * default, below it what it means and what is allowed. Of the model these are
 * the ingredients; its shape has the names of Hugging Face.
 */
export function describeRunConfig(): string {
  const lines = describe("seed", SEED);
  for (const [key, field] of Object.entries<Field<unknown>>(RECIPE_FIELDS)) {
    lines.push(...describe(`model.${key}`, field));
  }
  for (const [name, section] of Object.entries(RUN_SECTIONS)) {
    for (const [key, field] of Object.entries<Field<unknown>>(section)) {
      lines.push(...describe(`${name}.${key}`, field));
    }
  }
  return lines.join("\n");
}

function describe<T>(key: string, field: Field<T>): string[] {
  const { description, allowed } = field;
  return [
    `${key}: ${quote(field.print(field.default))}`,
    `    ${description}: ${allowed}`,
  ];
}

function printModel(
  { preset, ...model }: ModelSection,
): Record<string, unknown> {
  return {
    ...(preset !== null && { preset }),
    family: model.family,
    ...(model.family === "gpt2"
      ? print(GPT2_FIELDS, model.fields)
      : print(LLAMA_FIELDS, model.fields)),
  };
}

function print<T>(
  section: Section<T>,
  values: Readonly<Partial<T>>,
): Record<string, unknown> {
  const printed: Record<string, unknown> = {};
  for (const key in section) {
    const value = values[key];
    if (value !== undefined) printed[key] = section[key].print(value);
  }
  return printed;
}
