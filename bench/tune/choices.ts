import { VARIANTS } from "../../model/tune/tune_program.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { Trial } from "../../kernels/tune/trial.ts";
import { tune } from "../../kernels/tune/tuner.ts";
import type { TuningProblem } from "../../kernels/tune/tuning_problem.ts";
import type {
  TuningTable,
  VariantTiming,
} from "../../kernels/tune/tuning_table.ts";

/** How the tuner's choices for one problem compare. */
export interface ChoiceComparison {
  /** Op and sizes. */
  readonly problem: string;
  /** What a quick tuning chose. */
  readonly quick: string;
  /** What a second quick tuning chose, which knew nothing of the first. */
  readonly again: string;
  /** The fastest of all variants. */
  readonly best: string;
  /** Times of the choices and of the heuristic's, as multiples of the best's. */
  readonly timeOfBest: {
    readonly quick: number;
    readonly again: number;
    readonly heuristic: number;
  };
}

/**
 * Tunes problems twice quickly and once with every variant, and compares the
 * choices by the timings of the last.
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
  const [quick, again, all] = tables;
  return costliest.flatMap(({ key, variants }) => {
    const timings = all.get(key)?.timings ?? [];
    const first = quick.get(key)?.variant;
    const second = again.get(key)?.variant;
    const fastest = timings.filter(({ seconds }) => seconds !== null)
      .sort((a, b) => secondsOf(a) - secondsOf(b))[0];
    if (!first || !second || !fastest) return [];
    const timeOf = (variant: string) =>
      secondsOf(timings.find((each) => each.variant === variant)) /
      secondsOf(fastest);
    return [{
      problem: key,
      quick: first,
      again: second,
      best: fastest.variant,
      timeOfBest: {
        quick: timeOf(first),
        again: timeOf(second),
        heuristic: timeOf(variants[0]),
      },
    }];
  });
}

function secondsOf(timing: VariantTiming | undefined): number {
  return timing?.seconds ?? Infinity;
}
