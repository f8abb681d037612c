import { InputError } from "../../data/input_error.ts";
import { effectiveTokens } from "../../data/curate/effective_tokens.ts";
import { fitLaw, type FittedLaw } from "./fit_law.ts";
import { fitIsoFlop, type IsoFlopFit } from "./iso_flop.ts";
import type { SweepResult } from "./sweep_result.ts";

/** What the runs of a sweep say; each part only where they suffice for it. */
export interface SweepFit {
  /** The best size for each amount of training that shows one. */
  readonly isoFlop: IsoFlopFit;
  /** The law over all runs; null if they are too few. */
  readonly law: FittedLaw | null;
  /** What could not be fitted and why, a line each. */
  readonly refusals: readonly string[];
}

/** A run, as far as either fit looks at it. */
export type SweptRun = Pick<
  SweepResult,
  "budget" | "parameters" | "tokens" | "unique_tokens" | "loss"
>;

/**
 * Fits all that can be fitted to the runs of a sweep: a parabola for each
 * amount of training (see {@linkcode fitIsoFlop}) and one law over all runs
 * (see {@linkcode fitLaw}), in which tokens that were gone through again count
 * for what they are worth.
 *
 * @param results The runs.
 * @param options As of {@linkcode fitLaw}.
 *
 * @example
 * ```ts
 * import { fitSweep } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = [1e5, 2e5, 4e5].map((parameters) => ({
 *   budget: 1e12,
 *   parameters,
 *   tokens: 1e12 / (6 * parameters),
 *   unique_tokens: 1e9,
 *   loss: 1.5 + Math.log(parameters / 2e5) ** 2,
 * }));
 * const { isoFlop, law, refusals } = fitSweep(runs);
 * assertEquals(Math.round(isoFlop.minima[0].parameters), 2e5);
 * assertEquals([law, refusals.length], [null, 1]); // three runs make no law
 * ```
 */
export function fitSweep(
  results: readonly SweptRun[],
  options: { readonly resamples?: number; readonly seed?: number } = {},
): SweepFit {
  const refusals: string[] = [];
  const attempt = <T>(fit: () => T): T | null => {
    try {
      return fit();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      refusals.push(error.message);
      return null;
    }
  };
  const points = results.map(({ budget, parameters, loss }) => ({
    flops: budget,
    parameters,
    loss,
  }));
  const fitting = [...Map.groupBy(points, ({ flops }) => flops).values()]
    .filter((group) => attempt(() => fitIsoFlop(group)) !== null)
    .flat();
  const law = attempt(() =>
    fitLaw(
      results.map(({ parameters, tokens, unique_tokens: unique, loss }) => ({
        parameters,
        tokens: tokens > unique ? effectiveTokens(unique, tokens) : tokens,
        loss,
      })),
      options,
    )
  );
  return { isoFlop: fitIsoFlop(fitting), law, refusals };
}
