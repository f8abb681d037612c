import { assertAlmostEquals, assertEquals } from "@std/assert";
import { minimize } from "../../../model/budget/minimize.ts";

Deno.test("Rosenbrock's valley is followed to its end", () => {
  const { point, value } = minimize(([x, y]) => ({
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: [
      -2 * (1 - x) - 400 * x * (y - x * x),
      200 * (y - x * x),
    ],
  }), [-1.2, 1]);
  assertAlmostEquals(point[0], 1, 1e-6);
  assertAlmostEquals(point[1], 1, 1e-6);
  assertAlmostEquals(value, 0, 1e-12);
});

Deno.test("a kink does not stop the search", () => {
  const { point } = minimize(([x, y]) => ({
    value: Math.abs(x - 1) + 10 * Math.abs(y + 2),
    gradient: [Math.sign(x - 1), 10 * Math.sign(y + 2)],
  }), [5, 7]);
  assertAlmostEquals(point[0], 1, 1e-3);
  assertAlmostEquals(point[1], -2, 1e-3);
});

Deno.test("values that are not finite are stepped back from", () => {
  const { point } = minimize(([x]) => ({
    value: x > 0 ? x - Math.log(x) : NaN,
    gradient: [1 - 1 / x],
  }), [0.01]);
  assertAlmostEquals(point[0], 1, 1e-6);
});

Deno.test("a start at the minimum stays", () => {
  const { point, value } = minimize(([x]) => ({
    value: x * x,
    gradient: [2 * x],
  }), [0]);
  assertEquals([...point, value], [0, 0]);
});
