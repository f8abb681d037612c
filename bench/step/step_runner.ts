import type { TrainingSession } from "../../model/train/training_session.ts";
import { randomTokens } from "../support/random_tokens.ts";
import type { BenchSize } from "../support/sizes.ts";

const LEARNING_RATE = 1e-3;
/** Steps in flight, as in training: the host waits for none that is younger. */
const LATE = 2;

/** Trains on one batch of random tokens, over and over. */
export interface StepRunner {
  /** Losses of the steps taken, in nats. */
  readonly losses: readonly number[];
  /** Takes steps, and returns when all have run. */
  run(times: number): Promise<void>;
}

/**
 * Makes a session take steps as a trainer does.
 *
 * @param session Session with fresh weights.
 * @param size What it trains.
 * @returns What runs steps.
 */
export function stepRunner(
  session: TrainingSession,
  size: BenchSize,
): StepRunner {
  const batch = randomTokens(size);
  const losses: number[] = [];
  let steps = 0;
  const take = async () => {
    const result = await session.result();
    if (result) losses.push(result.loss);
  };
  return {
    losses,
    async run(times) {
      for (let index = 0; index < times; index++) {
        session.step([batch], { learningRate: LEARNING_RATE, step: ++steps });
        if (index >= LATE) await take();
      }
      for (let index = 0; index < Math.min(times, LATE); index++) await take();
    },
  };
}
