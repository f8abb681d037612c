import { secondsPerCall } from "./seconds_per_call.ts";
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

/** A measurement goes on until it has taken this long. */
const SECONDS = 1.5;

/**
 * Times real steps of a session. Its weights do not change, because the
 * learning rate is zero; the moments do and are cleared.
 *
 * @param session Session with initialised weights.
 * @param batches Micro-batches of a step.
 */
export async function measureSpeed(
  session: TrainingSession,
  batches: readonly TokenBatch[],
): Promise<MeasuredSpeed> {
  const runStep = async () => {
    session.step(batches, { learningRate: 0, step: 1 });
    await session.result();
  };
  const runEvaluation = async () => {
    await session.evaluate(batches.slice(0, 1), 1);
  };
  const runToken = async () => {
    const options = { temperature: 0, topK: 0, topP: 1, seed: 0, stop: [] };
    const tokens = session.generator
      ?.generate(Uint32Array.of(0), { ...options, tokens: 1 });
    await tokens?.next();
  };
  const speed = {
    step: await secondsPerCall(runStep, SECONDS),
    evaluation: await secondsPerCall(runEvaluation, SECONDS),
    token: session.generator ? await secondsPerCall(runToken, SECONDS) : 0,
  };
  session.clearMoments();
  return speed;
}
