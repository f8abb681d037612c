import { assert, assertEquals } from "@std/assert";
import {
  linearTicks,
  logarithmicTicks,
} from "../../../model/budget/axis_ticks.ts";

Deno.test("linear ticks are round and lie within", () => {
  assertEquals(linearTicks(0.93, 2.1, 6), [1, 1.2, 1.4, 1.6, 1.8, 2]);
  assertEquals(linearTicks(-0.1, 0.31, 5), [-0.1, 0, 0.1, 0.2, 0.3]);
  for (const [low, high] of [[1.31, 1.317], [3, 3000], [1e-7, 2e-7]]) {
    const ticks = linearTicks(low, high, 6);
    assert(ticks.length >= 3 && ticks.length <= 13, ticks.join());
    assert(ticks.every((tick) => tick >= low && tick <= high));
  }
});

Deno.test("logarithmic ticks are 1, 2 and 5 times powers of ten", () => {
  assertEquals(logarithmicTicks(3e4, 6e5), [5e4, 1e5, 2e5, 5e5]);
  assertEquals(logarithmicTicks(1, 1e6), [1, 10, 100, 1e3, 1e4, 1e5, 1e6]);
});
