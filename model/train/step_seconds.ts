import type { TokenBatch, TrainingSession } from "./training_session.ts";

/** Most steps that are timed, however short they are. */
const MOST_STEPS = 2000;

/**
 * Mean time of an optimizer step as training takes them: some are under way
 * while the host waits for the oldest. Weights do not change, because the
 * learning rate is zero; moments do.
 *
 * @param session Session with initialised weights.
 * @param batches Micro-batches of a step.
 * @param seconds Steps are taken for about this long, two at least.
 * @param now Gives milliseconds on a clock that never goes back.
 * @returns Seconds.
 */
export async function stepSeconds(
  session: TrainingSession,
  batches: readonly TokenBatch[],
  seconds: number,
  now: () => number = () => performance.now(),
): Promise<number> {
  const queue = () => session.step(batches, { learningRate: 0, step: 1 });
  const timeOf = async (count: number): Promise<number> => {
    const began = now();
    for (let i = 0; i < count; i++) {
      if (session.executable.ring.full) await session.result();
      queue();
    }
    while (await session.result());
    return (now() - began) / 1000 / count;
  };
  // The first step finds caches empty.
  await timeOf(1);
  const one = await timeOf(1);
  const count = Math.min(MOST_STEPS, Math.floor(seconds / one));
  return count > 1 ? await timeOf(count) : one;
}
