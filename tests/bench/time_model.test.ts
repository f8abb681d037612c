import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fitTime } from "../../bench/scaling/time_model.ts";

Deno.test("fitTime recovers overhead and rate", () => {
  const timed = [1e9, 3e9, 20e9].map((flops) => ({
    flops,
    seconds: 0.01 + flops / 5e10,
  }));
  const { overhead, perFlop } = fitTime(timed);
  assertAlmostEquals(overhead, 0.01, 1e-9);
  assertAlmostEquals(perFlop, 1 / 5e10, 1e-18);
});

Deno.test("fitTime gives no negative overhead", () => {
  // Small work at a better rate than large work: the line would start below 0.
  const { overhead, perFlop } = fitTime([
    { flops: 1e9, seconds: 0.01 },
    { flops: 4e9, seconds: 0.08 },
  ]);
  assertEquals(overhead, 0);
  // The least relative squares of t = p·f: Σ(f/t) / Σ(f/t)².
  assertAlmostEquals(perFlop, 1.5e11 / (1e22 + 0.25e22), 1e-18);
});

Deno.test("fitTime of one measurement is that measurement", () => {
  const { overhead, perFlop } = fitTime([{ flops: 2e9, seconds: 0.1 }]);
  assertAlmostEquals(overhead + 2e9 * perFlop, 0.1, 1e-9);
});
