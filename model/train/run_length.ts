import { formatDuration } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { BatchRamp } from "./batch_ramp.ts";
import {
  type MeasuredSpeed,
  measureSpeed,
  speedSeconds,
} from "./measure_speed.ts";
import { planSteps } from "./plan_steps.ts";
import type { RunConfig } from "./run_config.ts";
import { type RunCosts, runCosts, timeShare } from "./run_costs.ts";
import type { SchedulePace } from "./schedule.ts";
import { stepSeconds } from "./step_seconds.ts";
import type { TrainingSession } from "./training_session.ts";
import type { TrainingState } from "./training_state.ts";

/** What keeps a run within its time. */
export interface RunBudget {
  /** The time, in seconds. */
  readonly seconds: number;
  /** What the run's parts take. */
  readonly costs: RunCosts;
  /** Where its schedule stands. */
  readonly pace: SchedulePace;
}

/** How long a run is. */
export interface RunLength {
  /** Optimizer steps, as planned before the first one. */
  readonly steps: number;
  /** The time that it is kept within; undefined where steps were given. */
  readonly budget: RunBudget | undefined;
  /** What is worth a line. */
  readonly notices: readonly string[];
}

/** What the length of a run depends on. */
export interface LengthQuestion {
  /** The run. */
  readonly config: RunConfig;
  /** How far it has come, where it is resumed. */
  readonly state: TrainingState | undefined;
  /** Seconds of the budget that have passed. */
  elapsed(): number;
  /** Gives milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** Sequences that the exercises at the end take; 0 for none. */
  readonly exerciseRows: number;
  /** Tokens that there are to measure on. */
  readonly validationTokens: number;
}

/**
 * The length of a run: the steps that it names, or as many as its time allows
 * by real steps on its device.
 *
 * @param session The compiled run; its weights and moments are not kept.
 * @param question The run.
 * @throws {InputError} If it names neither time nor steps.
 */
export async function runLength(
  session: TrainingSession,
  question: LengthQuestion,
): Promise<RunLength> {
  const { config, state, elapsed, now } = question;
  const { steps, budget: seconds } = config.train;
  // A run that named its steps keeps them when it is resumed, too.
  const isKept = state === undefined || state.budget !== null;
  if (steps !== null && (seconds === null || !isKept)) {
    return { steps, budget: undefined, notices: [] };
  }
  if (seconds === null) {
    throw new InputError(
      "run.yaml: neither train.steps nor train.budget is given; name one of them",
    );
  }
  const { speed, update } = await speedOf(session, config, seconds, now);
  const costs = runCosts({ ...question, speed, update });
  if (steps !== null && state?.budget) {
    const { pace } = state.budget;
    return { steps, budget: { seconds, costs, pace }, notices: [] };
  }
  const secondsLeft = seconds - elapsed();
  const possible = planSteps({ ...question, speed, update, secondsLeft });
  const decided = Math.min(steps ?? Infinity, possible);
  const pace = { from: 0, position: 0, steps: decided };
  const mean = speed.step * timeShare(costs, BatchRamp.share(config.train));
  return {
    steps: decided,
    budget: steps === null ? { seconds, costs, pace } : undefined,
    notices: [
      `A step takes ${(mean * 1000).toFixed(0)} ms here: ${decided} ` +
      `steps in the ${formatDuration(seconds)} given`,
    ],
  };
}

/** Times of the run's parts, and the update's share of a step. */
async function speedOf(
  session: TrainingSession,
  { seed, train }: RunConfig,
  budget: number,
  now: () => number,
): Promise<{ speed: MeasuredSpeed; update: number }> {
  session.initialize(seed);
  const tokens = new Uint32Array(train.batch * train.context);
  const batches = Array.from(
    { length: train.accumulation },
    () => ({ inputs: tokens, targets: tokens }),
  );
  const time = speedSeconds(budget);
  const speed = await measureSpeed(session, batches, time, now);
  // What steps of all sizes have in common matters only where sizes differ.
  if (train.batch_ramp === 0) return { speed, update: 0 };
  const one = await stepSeconds(session, batches.slice(0, 1), time, now);
  const { length } = batches;
  const update = (length * one - speed.step) / (length - 1) / speed.step;
  return { speed, update: Math.min(1, Math.max(0, update)) };
}
