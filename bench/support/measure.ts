import { summarize, type Summary } from "./statistics.ts";

/** How long and how finely to measure. */
export interface MeasureOptions {
  /** Time for everything but the first batch, in seconds. */
  readonly seconds: number;
  /**
   * A batch is long enough when it takes this long: some drivers are polled
   * every ten milliseconds for the end of one. @default 0.3
   */
  readonly batchSeconds?: number;
  /** Batches that are timed at least, however long they take. @default 3 */
  readonly batches?: number;
  /** What tells the time, in seconds. @default {performance} */
  readonly now?: () => number;
}

/**
 * Times something that takes too short to be timed alone. Batches double until
 * one is long enough, which also warms everything up; batches of that size are
 * then timed.
 *
 * @param run Does it so many times and returns when all are finished.
 * @param options How long and how finely.
 * @returns Seconds that one takes.
 */
export async function measure(
  run: (times: number) => Promise<void>,
  options: MeasureOptions,
): Promise<Summary> {
  const { seconds, batchSeconds = 0.3, batches = 3 } = options;
  const now = options.now ?? (() => performance.now() / 1000);
  const timed = async (times: number) => {
    const start = now();
    await run(times);
    return now() - start;
  };
  await timed(1);
  const start = now();
  let times = 1;
  let taken = await timed(times);
  while (taken < batchSeconds) {
    times *= 2;
    taken = await timed(times);
  }
  const found = [taken / times];
  while (found.length < batches || now() - start < seconds) {
    found.push(await timed(times) / times);
  }
  return summarize(found);
}
