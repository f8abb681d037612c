import { summarize, type Summary } from "./statistics.ts";

/** Does something so many times, and returns the seconds that all took. */
export type TimedRun = (times: number) => Promise<number>;

/** How long and how finely to measure. */
export interface TurnOptions {
  /** Time for all turns, in seconds; finding out how long they are is extra. */
  readonly seconds: number;
  /**
   * A turn is long enough when it takes this long: some drivers are polled
   * every ten milliseconds for the end of one. @default 0.3
   */
  readonly turnSeconds?: number;
  /** Turns of each at least, however long they take. @default 3 */
  readonly turns?: number;
}

/** What one of those that took turns came to. */
export interface TurnTimes {
  /** Seconds of one run. */
  readonly time: Summary;
  /**
   * Its time as a multiple of the first's in the same turn, when both met the
   * same disturbances.
   */
  readonly ofFirst: Summary;
}

/**
 * Times things in turn, A B A B, so that what else the machine does falls on all
 * of them. Runs of each double until they fill a turn, which also warms
 * everything up; turns of that many runs are then timed.
 *
 * @param runs What to time.
 * @param options How long and how finely.
 * @returns The times of each, in the same order.
 */
export async function inTurn(
  runs: readonly TimedRun[],
  { seconds, turnSeconds = 0.3, turns = 3 }: TurnOptions,
): Promise<TurnTimes[]> {
  const counts: number[] = [];
  for (const run of runs) counts.push(await runsOfATurn(run, turnSeconds));
  const found: number[][] = runs.map(() => []);
  let total = 0;
  for (let turn = 0; turn < turns || total < seconds; turn++) {
    for (const [index, run] of runs.entries()) {
      const taken = await run(counts[index]);
      found[index].push(taken / counts[index]);
      total += taken;
    }
  }
  const [first] = found;
  return found.map((times) => ({
    time: summarize(times),
    ofFirst: summarize(times.map((time, turn) => time / first[turn])),
  }));
}

async function runsOfATurn(
  run: TimedRun,
  turnSeconds: number,
): Promise<number> {
  // The first run finds caches empty.
  await run(1);
  let times = 1;
  while (await run(times) < turnSeconds) times *= 2;
  return times;
}
