import { assertAlmostEquals, assertEquals } from "@std/assert";
import { SpeedMeter } from "../../../model/train/speed_meter.ts";

Deno.test("speed is that of the latest steps, pauses left out", () => {
  const clock = { now: 5000 };
  const meter = new SpeedMeter(100, 1000, () => clock.now);
  const take = (steps: Iterable<number>, milliseconds: number) => {
    for (const step of steps) {
      clock.now += milliseconds;
      meter.add(step);
    }
  };
  assertEquals([meter.tokensPerSecond, meter.secondsFor(5)], [0, Infinity]);
  meter.start(0);
  assertEquals(meter.flopsPerSecond, 0);
  take([1, 2, 3, 4], 10);
  assertAlmostEquals(meter.tokensPerSecond, 10_000);
  assertAlmostEquals(meter.flopsPerSecond, 100_000);
  assertAlmostEquals(meter.secondsFor(50), 0.5);

  // A long pause between two stretches changes nothing.
  clock.now += 60_000;
  meter.start(4);
  assertAlmostEquals(meter.tokensPerSecond, 10_000);
  take([5, 6], 20);
  assertAlmostEquals(meter.tokensPerSecond, 5000);

  // After a window of faster steps the slow ones are forgotten.
  take(Array.from({ length: 40 }, (_, i) => 7 + i), 5);
  assertAlmostEquals(meter.tokensPerSecond, 20_000);
});
