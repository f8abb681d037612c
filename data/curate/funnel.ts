import type { SourceCounts, StageOutcome } from "./run_stage.ts";
import type { Amount, StepCounts } from "./step_tally.ts";

/** What became of the documents, from what was read to what is left. */
export interface Funnel {
  /** What was read of each source. */
  readonly sources: readonly SourceCounts[];
  /** What was read of all. */
  readonly read: Amount;
  /** Each step in order. */
  readonly steps: readonly StepCounts[];
  /** What is left after all. */
  readonly left: Amount;
  /** What is left of each source. */
  readonly leftOf: Readonly<Record<string, Amount>>;
  /**
   * Tokens a byte of what is left; null before it is known. What was dropped
   * has no tokens: they are estimated by this.
   */
  readonly tokensPerByte: number | null;
}

/**
 * Puts the counts of all stages together.
 *
 * @param stages Outcomes in order.
 * @param tokensPerByte As measured on what is left, or null.
 * @returns The funnel.
 */
export function funnelOf(
  stages: readonly StageOutcome[],
  tokensPerByte: number | null,
): Funnel {
  const sources = stages.flatMap(({ read }) => read);
  const leftOf = stages[stages.length - 1].left;
  return {
    sources,
    read: sumOf(sources),
    steps: stages.flatMap(({ counts }) => counts),
    left: sumOf(Object.values(leftOf)),
    leftOf,
    tokensPerByte,
  };
}

/**
 * Adds amounts up.
 *
 * @param amounts Any amounts.
 * @returns Their sum.
 */
export function sumOf(amounts: readonly Amount[]): Amount {
  return {
    documents: amounts.reduce((sum, { documents }) => sum + documents, 0),
    bytes: amounts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
