import { assertEquals } from "@std/assert";
import { isDropped, type Verdict } from "../../../data/curate/step.ts";
import { parseStep } from "../../../data/curate/step_catalog.ts";

/** Makes a step as a configuration does, to be asked about one text. */
export async function judgeWith(
  step: unknown,
): Promise<(text: string) => Verdict> {
  const made = await parseStep(step, "test");
  if (made.kind !== "document") throw new Error(`${made.name} sees the corpus`);
  return (text) => made.judge({ id: "one", text });
}

/** The text that is left, or in brackets why none is. */
export function outcome(verdict: Verdict): string {
  return isDropped(verdict) ? `[${verdict.dropped}]` : verdict.text;
}

/** The reason, or `kept`. */
export function reason(verdict: Verdict): string {
  return isDropped(verdict) ? verdict.dropped : "kept";
}

/** A text on each side of the threshold of a rule. */
export interface Threshold {
  /** The rule's reason. */
  readonly rule: string;
  /** Passes, barely. */
  readonly kept: string;
  /** Is dropped by the rule, barely. */
  readonly dropped: string;
  /** Step with options, where the defaults let another rule come first. */
  readonly step?: unknown;
}

/** Checks a table of thresholds. */
export async function checkThresholds(
  step: unknown,
  table: readonly Threshold[],
): Promise<void> {
  for (const row of table) {
    const judge = await judgeWith(row.step ?? step);
    assertEquals(
      [row.rule, reason(judge(row.kept)), reason(judge(row.dropped))],
      [row.rule, "kept", row.rule],
    );
  }
}
