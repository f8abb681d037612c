import type { Document } from "../document.ts";
import { utf8Length } from "../utf8_length.ts";
import { type DocumentStep, isDropped } from "./step.ts";
import { type StepCounts, StepTally } from "./step_tally.ts";

/** A document step and how its counts are kept. */
export interface LabelledStep {
  /** What the step is called in tables. */
  readonly label: string;
  /** Chooses samples of what it drops. */
  readonly seed: number;
  /** The step. */
  readonly step: DocumentStep;
}

/** What a row of steps made of some documents. */
export interface Judged {
  /** Those that passed all steps, in order. */
  readonly documents: readonly Document[];
  /** Counts of each step, in order. */
  readonly counts: readonly StepCounts[];
}

/**
 * Sends documents through steps.
 *
 * @param documents Documents.
 * @param steps Steps in order.
 * @returns What passed, and the counts.
 */
export function judgeDocuments(
  documents: readonly Document[],
  steps: readonly LabelledStep[],
): Judged {
  const tallies = steps.map(({ label, seed }) => new StepTally(label, seed));
  const passed: Document[] = [];
  for (const given of documents) {
    const last = judgeOne(given, steps, tallies);
    if (last !== null) passed.push(last);
  }
  return {
    documents: passed,
    counts: tallies.map((tally) => tally.counts()),
  };
}

function judgeOne(
  given: Document,
  steps: readonly LabelledStep[],
  tallies: readonly StepTally[],
): Document | null {
  let document = given;
  let bytes = steps.length === 0 ? 0 : utf8Length(given.text);
  for (const [i, { step }] of steps.entries()) {
    tallies[i].enter(bytes);
    const verdict = step.judge(document);
    if (isDropped(verdict)) {
      tallies[i].drop(document, bytes, verdict.dropped);
      return null;
    }
    const rewritten = verdict.text !== document.text;
    if (verdict.text === "") {
      tallies[i].drop(document, bytes, "nothing_left");
      return null;
    }
    document = verdict;
    if (rewritten) bytes = utf8Length(document.text);
    tallies[i].leave(bytes, rewritten);
  }
  return document;
}
