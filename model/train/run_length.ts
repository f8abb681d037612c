import { formatDuration } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { measureSpeed, speedSeconds } from "./measure_speed.ts";
import { planSteps } from "./plan_steps.ts";
import type { RunConfig } from "./run_config.ts";
import { type RunCosts, runCosts } from "./run_costs.ts";
import type { SchedulePace } from "./schedule.ts";
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
  const speed = await speedOf(session, config, seconds, now);
  const costs = runCosts({ ...question, speed });
  if (steps !== null && state?.budget) {
    const { pace } = state.budget;
    return { steps, budget: { seconds, costs, pace }, notices: [] };
  }
  const secondsLeft = seconds - elapsed();
  const possible = planSteps({ ...question, speed, secondsLeft });
  const decided = Math.min(steps ?? Infinity, possible);
  const pace = { from: 0, position: 0, steps: decided };
  return {
    steps: decided,
    budget: steps === null ? { seconds, costs, pace } : undefined,
    notices: [
      `A step takes ${(speed.step * 1000).toFixed(0)} ms here: ${decided} ` +
      `steps in the ${formatDuration(seconds)} given`,
    ],
  };
}

async function speedOf(
  session: TrainingSession,
  { seed, train }: RunConfig,
  budget: number,
  now: () => number,
): ReturnType<typeof measureSpeed> {
  session.initialize(seed);
  const tokens = new Uint32Array(train.batch * train.context);
  const batches = Array.from(
    { length: train.accumulation },
    () => ({ inputs: tokens, targets: tokens }),
  );
  return await measureSpeed(session, batches, speedSeconds(budget), now);
}
