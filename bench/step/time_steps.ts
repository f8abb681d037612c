import type { TrainingSession } from "../../model/train/training_session.ts";
import { measure } from "../support/measure.ts";
import { randomTokens } from "../support/random_tokens.ts";
import type { BenchSize } from "../support/sizes.ts";
import type { Summary } from "../support/statistics.ts";

/** Times of training steps. */
export interface StepTimes {
  /** Seconds of a step. */
  readonly step: Summary;
  /** Loss of the first step, in nats. */
  readonly firstLoss: number;
  /** Loss of the last step, in nats. */
  readonly lastLoss: number;
}

const LEARNING_RATE = 1e-3;
/** Steps in flight, as in training: the host waits for none that is younger. */
const LATE = 2;

/**
 * Trains on one batch of random tokens, over and over, and times it.
 *
 * @param session Session with fresh weights.
 * @param size What it trains.
 * @param seconds How long to measure.
 * @returns Times of a step.
 */
export async function timeSteps(
  session: TrainingSession,
  size: BenchSize,
  seconds: number,
): Promise<StepTimes> {
  const batch = randomTokens(size);
  let steps = 0;
  const losses: number[] = [];
  const take = async () => {
    const result = await session.result();
    if (result) losses.push(result.loss);
  };
  const step = await measure(async (times) => {
    for (let index = 0; index < times; index++) {
      session.step([batch], { learningRate: LEARNING_RATE, step: ++steps });
      if (index >= LATE) await take();
    }
    for (let index = 0; index < Math.min(times, LATE); index++) await take();
  }, { seconds, batchSeconds: 0.5 });
  return {
    step,
    firstLoss: losses[0],
    lastLoss: losses[losses.length - 1],
  };
}
