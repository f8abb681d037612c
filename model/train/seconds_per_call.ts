/**
 * Median time of a call, the first one left out.
 *
 * @param call What is timed.
 * @param seconds Calls are made until they have taken this long, one at least.
 * @param now Gives milliseconds on a clock that never goes back.
 * @returns Seconds.
 */
export async function secondsPerCall(
  call: () => Promise<void>,
  seconds: number,
  now: () => number = () => performance.now(),
): Promise<number> {
  await call();
  const times: number[] = [];
  const end = now() + seconds * 1000;
  do {
    const start = now();
    await call();
    times.push((now() - start) / 1000);
  } while (now() < end);
  return times.sort((a, b) => a - b)[times.length >> 1];
}
