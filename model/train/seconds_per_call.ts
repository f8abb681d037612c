/**
 * Median time of a call, the first one left out.
 *
 * @param call What is timed.
 * @param seconds Calls are made until they have taken this long, one at least.
 * @returns Seconds.
 */
export async function secondsPerCall(
  call: () => Promise<void>,
  seconds: number,
): Promise<number> {
  await call();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  do {
    const start = performance.now();
    await call();
    times.push((performance.now() - start) / 1000);
  } while (performance.now() < end);
  return times.sort((a, b) => a - b)[times.length >> 1];
}
