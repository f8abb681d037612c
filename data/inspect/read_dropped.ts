import { join } from "@std/path";
import { DROPPED_NAME } from "../curate/write_corpus.ts";
import { InputError } from "../input_error.ts";
import { isRecord } from "../is_record.ts";
import { nearest } from "../nearest.ts";

/** An example of what a step dropped. */
export interface DroppedExample {
  /** The step. */
  readonly step: string;
  /** Why. */
  readonly reason: string;
  /** Name of the document. */
  readonly id: string;
  /** Characters of its text. */
  readonly length: number;
  /** Beginning of the text. */
  readonly text: string;
}

/**
 * Reads the examples of dropped documents that a curation kept: those of a
 * finished corpus, or of the stages of one that did not finish.
 *
 * @param out The corpus.
 * @param step Which step's.
 * @returns Its examples, by reason.
 * @throws {InputError} If there is no such curation or step, or its file is
 * damaged.
 */
export async function readDropped(
  out: string,
  step: string,
): Promise<DroppedExample[]> {
  const examples = await ofCorpus(out) ?? await ofStages(`${out}.stages`);
  if (examples === null) {
    throw new InputError(
      `Cannot show what was dropped from '${out}': there is no ${DROPPED_NAME} in it; only "data prepare" keeps examples`,
    );
  }
  const found = examples.filter((example) => example.step === step);
  if (found.length > 0) return found;
  const steps = [...new Set(examples.map((example) => example.step))];
  const guess = nearest(step, steps);
  throw new InputError(
    `Cannot show what "${step}" dropped: ` +
      (guess !== undefined
        ? `did you mean "${guess}"?`
        : steps.length === 0
        ? "no step dropped anything"
        : `documents were dropped by ${steps.join(", ")}`),
  );
}

async function ofCorpus(out: string): Promise<DroppedExample[] | null> {
  const path = join(out, DROPPED_NAME);
  const text = await Deno.readTextFile(path).catch(() => null);
  if (text === null) return null;
  return text.split("\n").filter((line) => line !== "").map((line, i) => {
    const example = parsed(line);
    if (!isExample(example)) {
      throw new InputError(
        `Cannot read '${path}:${i + 1}': it is no example of "data prepare"`,
      );
    }
    return example;
  });
}

async function ofStages(folder: string): Promise<DroppedExample[] | null> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) names.push(name);
  } catch {
    return null;
  }
  const examples: DroppedExample[] = [];
  for (const name of names.sort()) {
    const path = join(folder, name, "stage.json");
    const text = await Deno.readTextFile(path).catch(() => null);
    const outcome = text === null ? null : parsed(text);
    if (!isRecord(outcome) || !Array.isArray(outcome.counts)) continue;
    for (const counts of outcome.counts) {
      if (!isRecord(counts) || !Array.isArray(counts.samples)) continue;
      for (const sample of counts.samples) {
        const example: unknown = isRecord(sample)
          ? { step: counts.label, ...sample }
          : null;
        if (isExample(example)) examples.push(example);
      }
    }
  }
  return examples;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isExample(value: unknown): value is DroppedExample {
  return isRecord(value) && typeof value.step === "string" &&
    typeof value.reason === "string" && typeof value.id === "string" &&
    typeof value.length === "number" && typeof value.text === "string";
}
