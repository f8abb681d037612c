import { assertAlmostEquals, assertEquals } from "@std/assert";
import { SpeedMeter } from "../../../model/train/speed_meter.ts";

Deno.test("speed is that of the latest steps, pauses left out", () => {
  const clock = { now: 5000 };
  const meter = new SpeedMeter(10, () => clock.now);
  const take = (steps: number, milliseconds: number, tokens = 100) => {
    for (let i = 0; i < steps; i++) {
      clock.now += milliseconds;
      meter.add(tokens);
    }
  };
  assertEquals([meter.tokensPerSecond, meter.secondsFor(5)], [0, Infinity]);
  meter.start();
  assertEquals(meter.flopsPerSecond, 0);
  take(4, 10);
  assertAlmostEquals(meter.tokensPerSecond, 10_000);
  assertAlmostEquals(meter.flopsPerSecond, 100_000);
  assertAlmostEquals(meter.secondsFor(5000), 0.5);

  // A long pause between two stretches changes nothing.
  clock.now += 60_000;
  meter.start();
  assertAlmostEquals(meter.tokensPerSecond, 10_000);
  take(2, 20);
  assertAlmostEquals(meter.tokensPerSecond, 5000);

  // After a window of faster steps the slow ones are forgotten.
  take(40, 5);
  assertAlmostEquals(meter.tokensPerSecond, 20_000);

  // Steps of more tokens take longer at the same speed.
  take(40, 20, 400);
  assertAlmostEquals(meter.tokensPerSecond, 20_000);
});
