import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { measure } from "../../bench/support/measure.ts";

/** A clock, and work that takes a fixed time and a start-up of its own. */
function workOf(seconds: number, first: number) {
  let time = 0;
  const batches: number[] = [];
  return {
    batches,
    now: () => time,
    run: (times: number) => {
      time += times * seconds + (batches.length === 0 ? first : 0);
      batches.push(times);
      return Promise.resolve();
    },
  };
}

Deno.test("batches double until one is long enough", async () => {
  const { run, now, batches } = workOf(0.01, 0);
  const { median } = await measure(
    run,
    { seconds: 0, turnSeconds: 0.05 },
    now,
  );
  assertAlmostEquals(median, 0.01, 1e-12);
  assertEquals(batches, [1, 1, 2, 4, 8, 8, 8, 8]);
});

Deno.test("what only the first run takes does not count", async () => {
  const { run, now } = workOf(0.1, 7);
  const { median } = await measure(run, { seconds: 0.5 }, now);
  assertAlmostEquals(median, 0.1, 1e-12);
});

Deno.test("measuring goes on for the given time", async () => {
  const { run, now } = workOf(0.1, 0);
  const { count } = await measure(
    run,
    { seconds: 2, turnSeconds: 0.1 },
    now,
  );
  assert(count >= 19 && count <= 21, `${count} batches of 0.1 s in 2 s`);
});
