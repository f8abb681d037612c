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

/** Points of a run for either fit. */
type Point = Pick<
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
 */
export function fitSweep(
  results: readonly Point[],
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
