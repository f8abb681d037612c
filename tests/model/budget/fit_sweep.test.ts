import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../../data/random.ts";
import { computeOptimum } from "../../../model/budget/compute_optimum.ts";
import { fitSweep } from "../../../model/budget/fit_sweep.ts";
import {
  type LawConstants,
  predictLoss,
  USUAL_LAW,
} from "../../../model/budget/scaling_law.ts";

const KEYS = ["E", "A", "alpha", "B", "beta"] as const;

/** What a sweep on a law's own world would measure: C = 6·N·D, no overhead. */
function sweepOf(
  law: LawConstants,
  budgets: readonly number[],
  { noise = 0, unique = Infinity, ratios = [0.25, 0.5, 1, 2, 4] } = {},
) {
  const random = new Random("sweep");
  return budgets.flatMap((budget) => {
    const middle = computeOptimum(law, budget).parameters;
    return ratios.map((ratio) => {
      const parameters = ratio * middle;
      const tokens = budget / (6 * parameters);
      const factor = Math.exp(noise * random.normal());
      return {
        budget,
        parameters,
        tokens,
        unique_tokens: unique,
        loss: predictLoss(law, parameters, tokens, unique) * factor,
      };
    });
  });
}

const PLANTED: readonly LawConstants[] = [
  USUAL_LAW,
  { E: 0.7, A: 35, alpha: 0.31, B: 160, beta: 0.42 },
];

Deno.test("three budgets of five sizes give a planted law back", () => {
  for (const law of PLANTED) {
    const fit = fitSweep(sweepOf(law, [1e12, 4e12, 1.6e13]), { resamples: 0 });
    assertEquals(fit.refusals, []);
    assert(fit.law);
    for (const key of KEYS) {
      const off = Math.abs(fit.law.constants[key] / law[key] - 1);
      assert(off < 0.05, `${key}: ${fit.law.constants[key]} of ${law[key]}`);
    }
  }
});

Deno.test("a wide sweep gives a planted law back through noise", () => {
  const ratios = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8];
  const budgets = [1e12, 1e13, 1e14, 1e15, 1e16, 1e17];
  for (const law of PLANTED) {
    const table = sweepOf(law, budgets, { noise: 5e-4, ratios });
    const fit = fitSweep(table, { resamples: 0 });
    assert(fit.law);
    for (const key of KEYS) {
      const off = Math.abs(fit.law.constants[key] / law[key] - 1);
      assert(off < 0.05, `${key}: ${fit.law.constants[key]} of ${law[key]}`);
    }
    // The exponent of the best size, β / (α + β); a loss over log N is steeper
    // towards small models, and parabolas feel that.
    const exponent = law.beta / (law.alpha + law.beta);
    assertAlmostEquals(fit.isoFlop.sizeExponent ?? 0, exponent, 0.03);
  }
});

Deno.test("tokens that were gone through again count for what they are worth", () => {
  const [, law] = PLANTED;
  // An eighth of the tokens of the smallest models.
  const table = sweepOf(law, [1e12, 4e12, 1.6e13], { unique: 4e6 });
  assert(table.some(({ tokens }) => tokens > 8e6));
  // Models larger than so little text asks for would be discounted as well.
  const small = table.filter(({ parameters }) => parameters < 1.5e6);
  const fit = fitSweep(small, { resamples: 0 });
  assert(fit.law);
  const { beta } = fit.law.constants;
  assertAlmostEquals(beta, law.beta, 0.05 * law.beta);
});

Deno.test("what cannot be fitted is said, the rest is fitted", () => {
  const table = sweepOf(USUAL_LAW, [1e12, 4e12]);
  const short = [...table.slice(0, 5), ...table.slice(5, 7)];
  const { isoFlop, law, refusals } = fitSweep(short);
  assertEquals(isoFlop.minima.map(({ flops }) => flops), [1e12]);
  assertEquals(isoFlop.sizeExponent, null);
  assertEquals(law, null);
  assertEquals(refusals.length, 2);
  assert(refusals[0].includes("4.00e+12 FLOP"), refusals[0]);
  assert(refusals[1].includes("7 runs"), refusals[1]);
  const nothing = fitSweep([]);
  assertEquals(nothing.isoFlop.minima, []);
  assertEquals(nothing.law, null);
});
