import { assertEquals, assertThrows } from "@std/assert";
import { summarize } from "../../bench/support/statistics.ts";

Deno.test("the median is the middle measurement, whatever the order", () => {
  assertEquals(summarize([9, 1, 5]).median, 5);
  assertEquals(summarize([9, 1, 5, 6]).median, 5.5);
});

Deno.test("one disturbed measurement moves neither median nor spread", () => {
  const quiet = summarize([10, 10, 10, 10, 10, 10, 10]);
  const disturbed = summarize([10, 10, 10, 1000, 10, 10, 10]);
  assertEquals(disturbed, quiet);
});

Deno.test("the spread is the width of the middle half by the median", () => {
  // Quartiles of 1 … 9 are 3 and 7.
  assertEquals(summarize([1, 2, 3, 4, 5, 6, 7, 8, 9]), {
    median: 5,
    spread: 4 / 5,
    count: 9,
  });
});

Deno.test("no measurements have no median", () => {
  assertThrows(() => summarize([]), RangeError, "no measurements");
});
