import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { parseBudgets, parseSizes } from "../../../model/budget/sweep_grid.ts";

Deno.test("a number of sizes doubles around the law's choice", () => {
  assertEquals(parseSizes("5"), [0.25, 0.5, 1, 2, 4]);
  assertEquals(parseSizes("1"), [1]);
  const even = parseSizes("4");
  assertAlmostEquals(even[0] * even[3], 1, 1e-12);
  assertAlmostEquals(even[1] / even[0], 2, 1e-12);
});

Deno.test("multiples are taken as they are, in order and once", () => {
  assertEquals(parseSizes("2, 0.5,1,2"), [0.5, 1, 2]);
  assertEquals(parseSizes("0.5"), [0.5]);
});

Deno.test("amounts of training are numbers, ascending", () => {
  assertEquals(parseBudgets("4e12,1e12, 1.6e13"), [1e12, 4e12, 1.6e13]);
});

Deno.test("sizes and amounts that make no sense are refused", () => {
  for (
    const text of ["", "0", "-1", "many", "1,,2", "16", "1e-4,1", "1,2000"]
  ) {
    assertThrows(() => parseSizes(text), InputError, "'--sizes' cannot be");
  }
  for (const text of ["", "1e12,", "0", "NaN", "1h", "5", "1e30"]) {
    assertThrows(() => parseBudgets(text), InputError, "'--budgets' cannot");
  }
});
