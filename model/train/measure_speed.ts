import { secondsPerCall } from "./seconds_per_call.ts";
import { stepSeconds } from "./step_seconds.ts";
import type { TokenBatch, TrainingSession } from "./training_session.ts";

/** Times of the parts of a run, in seconds. */
export interface MeasuredSpeed {
  /** One optimizer step. */
  readonly step: number;
  /** One micro-batch of evaluation. */
  readonly evaluation: number;
  /** One generated token; 0 where the session does not generate. */
  readonly token: number;
}

/** A measurement goes on until it has taken this long, at most. */
const MOST_SECONDS = 1.5;
/** The same as a share of the run's time. */
const SHARE = 0.01;

/**
 * Time of each of the measurements that {@linkcode measureSpeed} makes.
 *
 * @param budget Seconds of the run.
 */
export function speedSeconds(budget: number): number {
  return Math.min(MOST_SECONDS, SHARE * budget);
}

/**
 * Times real steps of a session. Its weights do not change, because the
 * learning rate is zero; the moments do and are cleared.
 *
 * @param session Session with initialised weights.
 * @param batches Micro-batches of a step.
 * @param seconds Each measurement goes on until it has taken this long.
 * @param now Gives milliseconds on a clock that never goes back.
 */
export async function measureSpeed(
  session: TrainingSession,
  batches: readonly TokenBatch[],
  seconds: number,
  now: () => number = () => performance.now(),
): Promise<MeasuredSpeed> {
  const runEvaluation = async () => {
    await session.evaluate(batches.slice(0, 1), 1);
  };
  const runToken = async () => {
    const options = { temperature: 0, topK: 0, topP: 1, seed: 0, stop: [] };
    const tokens = session.generator
      ?.generate(Uint32Array.of(0), { ...options, tokens: 1 });
    await tokens?.next();
  };
  const time = (call: () => Promise<void>) =>
    secondsPerCall(call, seconds, now);
  const speed = {
    step: await stepSeconds(session, batches, seconds, now),
    evaluation: await time(runEvaluation),
    token: session.generator ? await time(runToken) : 0,
  };
  session.clearMoments();
  return speed;
}
