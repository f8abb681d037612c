import type { PoseProblem } from "../ops/op_spec.ts";
import type { ChooseVariant } from "../plan/plan_options.ts";

/** A choice between kernel variants that a program offers. */
export interface TuningProblem {
  /** Op, layout and sizes, such as `matmul nt 512 512 64`. */
  readonly key: string;
  /** Names of the variants, the heuristic's choice first. */
  readonly variants: readonly string[];
  /** How often the program meets it. */
  readonly uses: number;
  /** Poses it on its own. */
  readonly pose: PoseProblem;
}

/**
 * Lists the choices that planning a program meets. No device is needed.
 *
 * @param plan Plans the program with the choice that it is given.
 * @returns Every problem once, in the order of the first use.
 */
export function tuningProblems(
  plan: (choose: ChooseVariant) => unknown,
): TuningProblem[] {
  const problems = new Map<string, TuningProblem>();
  plan((key, candidates, pose) => {
    const variants = candidates.map(({ name }) => name);
    const uses = (problems.get(key)?.uses ?? 0) + 1;
    problems.set(key, { key, variants, uses, pose });
    return candidates[0];
  });
  return [...problems.values()];
}
