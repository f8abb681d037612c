import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { computeOptimum } from "../../../model/budget/compute_optimum.ts";
import {
  fitIsoFlop,
  type IsoFlopPoint,
} from "../../../model/budget/iso_flop.ts";
import {
  predictLoss,
  SCALING_LAWS,
} from "../../../model/budget/scaling_law.ts";

const LAW = SCALING_LAWS.get("besiroglu");
assert(LAW);
const law = LAW;

function sweep(flops: number, times: readonly number[]): IsoFlopPoint[] {
  const { parameters } = computeOptimum(law, flops);
  return times.map((factor) => {
    const size = parameters * factor;
    return {
      flops,
      parameters: size,
      loss: predictLoss(law, size, flops / 6 / size),
    };
  });
}

Deno.test("parabolas find a law's optimum and its exponent", () => {
  const budgets = [1e18, 4e18, 1.6e19];
  const { minima, sizeExponent } = fitIsoFlop(
    budgets.flatMap((flops) => sweep(flops, [0.25, 0.5, 1, 2, 4])),
  );
  for (const [i, minimum] of minima.entries()) {
    const best = computeOptimum(law, budgets[i]);
    assertEquals(minimum.flops, budgets[i]);
    // A valley of powers is no parabola: its lowest point is off by little.
    assert(Math.abs(minimum.parameters / best.parameters - 1) < 0.05);
    assertAlmostEquals(minimum.loss, best.loss, 0.02);
    assert(minimum.inside);
  }
  assertAlmostEquals(sizeExponent ?? NaN, 0.5126, 0.002);
});

Deno.test("a minimum beyond the sizes tried is said to be outside", () => {
  const { minima } = fitIsoFlop(sweep(1e18, [0.25, 0.4, 0.6]));
  assertEquals(minima.map(({ inside }) => inside), [false]);
});

Deno.test("two sizes, or losses without a valley, are refused", () => {
  assertThrows(() => fitIsoFlop(sweep(1e18, [0.5, 1])), InputError, "3 sizes");
  const hill = [1, 2, 4].map((n, i) => ({
    flops: 1,
    parameters: n,
    loss: [1, 2, 1][i],
  }));
  assertThrows(() => fitIsoFlop(hill), InputError, "no lowest point");
});
