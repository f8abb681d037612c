import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { computeOptimum } from "../../../model/budget/compute_optimum.ts";
import {
  predictLoss,
  SCALING_LAWS,
  type ScalingLaw,
} from "../../../model/budget/scaling_law.ts";

function law(name: string): ScalingLaw {
  const found = SCALING_LAWS.get(name);
  assert(found);
  return found;
}

const BESIROGLU = law("besiroglu");
const HOFFMANN = law("hoffmann");

Deno.test("the refit's optimum is near Chinchilla's table", () => {
  // Table A3 of arXiv:2203.15556 has 400 M parameters and 9.2 B tokens.
  const { parameters, tokens } = computeOptimum(BESIROGLU, 2.21e19);
  assertAlmostEquals(parameters, 394e6, 1e6);
  assertAlmostEquals(tokens, 9.36e9, 0.02e9);
  assert(Math.abs(parameters / 400e6 - 1) < 0.02);
  assert(Math.abs(tokens / 9.2e9 - 1) < 0.02);
});

Deno.test("sizes grow with training by the exponents of the papers", () => {
  const exponent = (by: ScalingLaw) =>
    Math.log10(
      computeOptimum(by, 1e21).parameters / computeOptimum(by, 1e20).parameters,
    );
  // arXiv:2404.10102 for the refit; arXiv:2203.15556, table 2, rounds its own
  // constants' 0.452 to 0.46.
  assertAlmostEquals(exponent(BESIROGLU), 0.5126, 1e-4);
  assertAlmostEquals(exponent(HOFFMANN), 0.28 / 0.62, 1e-9);
});

Deno.test("no other split of the same training has a lower loss", () => {
  for (const by of SCALING_LAWS.values()) {
    for (const flops of [1e12, 2.21e19, 5.76e23]) {
      const best = computeOptimum(by, flops);
      assertAlmostEquals(6 * best.parameters * best.tokens / flops, 1, 1e-12);
      for (const times of [0.25, 0.9, 0.99, 1.01, 1.1, 4]) {
        const size = best.parameters * times;
        assert(predictLoss(by, size, flops / 6 / size) > best.loss);
      }
    }
  }
});

Deno.test("tokens of use make the model smaller, and the total the least", () => {
  const plain = computeOptimum(BESIROGLU, 1e20);
  const few = computeOptimum(BESIROGLU, 1e20, 1);
  assertAlmostEquals(few.parameters / plain.parameters, 1, 1e-6);
  const use = 1e12;
  const { parameters, tokens, loss } = computeOptimum(BESIROGLU, 1e20, use);
  assert(parameters < plain.parameters);
  assertAlmostEquals(6 * parameters * tokens / 1e20, 1, 1e-12);
  // Among pairs that reach the same loss, 6ND + 2N·D_inf is the least here.
  const total = (n: number) => {
    const { E, A, alpha, B, beta } = BESIROGLU;
    const d = (B / (loss - E - A / n ** alpha)) ** (1 / beta);
    return 6 * n * d + 2 * n * use;
  };
  for (const times of [0.8, 0.95, 0.99, 1.01, 1.05, 1.2]) {
    assert(total(parameters * times) > total(parameters));
  }
});

Deno.test("the worth of an operation is the slope of the best loss", () => {
  const { loss, lossPerFlop } = computeOptimum(BESIROGLU, 1e20);
  const further = computeOptimum(BESIROGLU, 1.0001e20).loss;
  assertAlmostEquals((loss - further) / 1e16 / lossPerFlop, 1, 1e-3);
});

Deno.test("repeated tokens teach less, four epochs almost as much", () => {
  // Small enough for 1e9 different tokens, so that only data is discounted.
  const size = 2e7;
  const fresh = predictLoss(BESIROGLU, size, 4e9);
  const repeated = predictLoss(BESIROGLU, size, 4e9, 1e9);
  assert(repeated > fresh && repeated < fresh + 0.02);
  assertEquals(predictLoss(BESIROGLU, size, 4e9, 5e9), fresh);
  // Without end: D' = U · (1 + R*), R* = 15.387756 (arXiv:2305.16264).
  assertAlmostEquals(
    predictLoss(BESIROGLU, size, 1e15, 1e9),
    predictLoss(BESIROGLU, size, 16.387756e9),
    1e-9,
  );
});

Deno.test("a model too large for its text is worth a smaller one", () => {
  // The best size for 1e9 different tokens, by the optimum's own formula.
  const asked = [...Array(60)].reduce(
    ([low, high]: [number, number]) => {
      const middle = Math.sqrt(low * high);
      return computeOptimum(BESIROGLU, middle).tokens < 1e9
        ? [middle, high] as [number, number]
        : [low, middle] as [number, number];
    },
    [1e12, 1e24] as [number, number],
  );
  const { parameters } = computeOptimum(BESIROGLU, asked[0]);
  const at = (size: number) => predictLoss(BESIROGLU, size, 1e9, 1e9);
  assertEquals(
    at(parameters * 0.99),
    predictLoss(BESIROGLU, parameters * 0.99, 1e9),
  );
  // N' = U_N · (1 + R* · (1 − e^(−R/R*))), R* = 5.309743 (arXiv:2305.16264).
  const worth = parameters * (1 + 5.309743 * (1 - Math.exp(-9 / 5.309743)));
  assertAlmostEquals(
    at(10 * parameters),
    predictLoss(BESIROGLU, worth, 1e9),
    1e-6,
  );
});
