import { inTurn, type TimedRun, type TurnOptions } from "./in_turn.ts";
import type { Summary } from "./statistics.ts";

/** Tells the time in seconds. */
type Clock = () => number;

const CLOCK: Clock = () => performance.now() / 1000;

/**
 * Times something that takes too short to be timed alone.
 *
 * @param run Does it so many times and returns when all are finished.
 * @param options How long and how finely.
 * @param now What tells the time.
 * @returns Seconds that one takes.
 */
export async function measure(
  run: (times: number) => Promise<void>,
  options: TurnOptions,
  now: Clock = CLOCK,
): Promise<Summary> {
  const [{ time }] = await inTurn([clocked(run, now)], options);
  return time;
}

/** A run that is timed by this process's clock. */
export function clocked(
  run: (times: number) => Promise<void>,
  now: Clock = CLOCK,
): TimedRun {
  return async (times) => {
    const start = now();
    await run(times);
    return now() - start;
  };
}
