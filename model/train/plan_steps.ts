import { BatchRamp } from "./batch_ramp.ts";
import { type CostsQuestion, runCosts, stepsWithin } from "./run_costs.ts";

/** What the number of steps depends on. */
export interface StepsQuestion extends CostsQuestion {
  /** Time from now to the end of the budget, in seconds. */
  readonly secondsLeft: number;
}

/**
 * Optimizer steps that fit a time, after what evaluations, samples, checkpoints
 * and exercises take of it.
 *
 * @returns At least 1.
 */
export function planSteps(question: StepsQuestion): number {
  const { config, secondsLeft } = question;
  const steps = stepsWithin(
    config,
    runCosts(question),
    secondsLeft,
    BatchRamp.share(config.train),
  );
  return Math.max(1, Math.floor(steps));
}
