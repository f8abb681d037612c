import type { OptimizerSection } from "./run_config.ts";

/**
 * The part that a step's weights have in the average of weights.
 *
 * An exponential average reaches back over a share of the run's steps in the
 * mean, and begins as the mean over all steps so far, so that it never remembers
 * the weights from before training. A tail average is the mean over the last
 * share of the steps (Izmailov et al. 2018, arXiv 1803.05407; for the end of
 * language models' training Sanyal et al. 2023, arXiv 2306.03241).
 *
 * @param position Place of the step in its schedule, counted from 0.
 * @param steps Steps that the schedule was planned for.
 * @param options Kind of average and its share.
 * @returns Above 0, at most 1; 1 leaves nothing of earlier steps.
 *
 * @example
 * ```ts
 * import { averagePart } from "./average_part.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tail = { average: "tail", average_share: 0.1 } as const;
 * assertEquals(averagePart(90, 100, tail), 1);
 * assertEquals(averagePart(93, 100, tail), 1 / 4);
 * const ema = { average: "ema", average_share: 0.1 } as const;
 * assertEquals(averagePart(1, 100, ema), 1 / 2);
 * assertEquals(averagePart(50, 100, ema), 1 / 10);
 * ```
 */
export function averagePart(
  position: number,
  steps: number,
  { average, average_share }: Pick<
    OptimizerSection,
    "average" | "average_share"
  >,
): number {
  const span = Math.max(1, average_share * steps);
  switch (average) {
    case "none":
      return 1;
    case "ema":
      return Math.max(1 / span, 1 / (position + 1));
    case "tail":
      return 1 / Math.max(1, position - (steps - Math.round(span)) + 1);
  }
}
