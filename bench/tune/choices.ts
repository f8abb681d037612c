import { VARIANTS } from "../../model/tune/tune_program.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { Trial } from "../../kernels/tune/trial.ts";
import { tune } from "../../kernels/tune/tuner.ts";
import type { TuningProblem } from "../../kernels/tune/tuning_problem.ts";
import type { TuningTable } from "../../kernels/tune/tuning_table.ts";

/** How the tuner's choices for one problem compare. */
export interface ChoiceComparison {
  /** Op and sizes. */
  readonly problem: string;
  /** What a quick tuning chose. */
  readonly quick: string;
  /** What a second quick tuning chose, which knew nothing of the first. */
  readonly again: string;
  /** What tuning with every variant chose. */
  readonly best: string;
  /** Times of the choices and of the heuristic's, as multiples of the best's. */
  readonly timeOfBest: {
    readonly quick: number;
    readonly again: number;
    readonly heuristic: number;
  };
}

/**
 * Tunes problems twice quickly and once with every variant, and lets the choices
 * race each other.
 *
 * @param gpu Device to measure.
 * @param problems What a program asks for.
 * @param most How many problems, the costliest first.
 * @returns One comparison a problem.
 */
export async function compareChoices(
  gpu: Gpu,
  problems: readonly TuningProblem[],
  most: number,
): Promise<ChoiceComparison[]> {
  const costliest = problems
    .filter(({ variants }) => variants.length > 1)
    .map((problem) => ({ problem, flops: new Trial(problem).flops }))
    .sort((a, b) => b.flops * b.problem.uses - a.flops * a.problem.uses)
    .slice(0, most)
    .map(({ problem }) => problem);
  const tables: TuningTable[] = [];
  for (const variants of [VARIANTS.quick, VARIANTS.quick, VARIANTS.full]) {
    const { table } = await tune(gpu, costliest, new Map(), {
      variants,
      limit: () => Infinity,
    });
    tables.push(table);
  }
  const comparisons: ChoiceComparison[] = [];
  for (const problem of costliest) {
    const { key, variants } = problem;
    const [quick, again, best] = tables.map((table) =>
      table.get(key)?.variant ?? variants[0]
    );
    const others = [...new Set([quick, again, variants[0]])]
      .filter((variant) => variant !== best);
    const ratios = await new Trial(problem).race(gpu, [best, ...others]);
    const timeOf = (variant: string) =>
      variant === best ? 1 : ratios[others.indexOf(variant) + 1];
    comparisons.push({
      problem: key,
      quick,
      again,
      best,
      timeOfBest: {
        quick: timeOf(quick),
        again: timeOf(again),
        heuristic: timeOf(variants[0]),
      },
    });
  }
  return comparisons;
}
