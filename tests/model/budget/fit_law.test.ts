import { assert, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { fitLaw, type LossPoint } from "../../../model/budget/fit_law.ts";
import {
  type LawConstants,
  predictLoss,
  SCALING_LAWS,
} from "../../../model/budget/scaling_law.ts";

const KEYS = ["E", "A", "alpha", "B", "beta"] as const;

/** Runs of nine sizes, each with nine amounts of data, and relative noise. */
function table(law: LawConstants, noise: number, seed: number): LossPoint[] {
  const random = new Random(`table/${seed}`);
  const steps = Array.from({ length: 9 }, (_, i) => i / 8);
  return steps.flatMap((x) =>
    steps.map((y) => {
      const parameters = 1e5 * 1e4 ** x;
      const tokens = 1e6 * 1e4 ** y;
      const factor = Math.exp(noise * random.normal());
      return {
        parameters,
        tokens,
        loss: predictLoss(law, parameters, tokens) * factor,
      };
    })
  );
}

const PLANTED: readonly LawConstants[] = [
  ...SCALING_LAWS.values(),
  // What small models of a narrow text may show.
  { E: 0.7, A: 35, alpha: 0.31, B: 160, beta: 0.42 },
];

Deno.test("a planted law is found within 5 % under noise of 0.05 %", () => {
  let inside = 0;
  for (const seed of [0, 1]) {
    for (const law of PLANTED) {
      const fit = fitLaw(table(law, 5e-4, seed), { resamples: 50, seed });
      for (const key of KEYS) {
        const found = fit.constants[key];
        const [low, high] = fit.intervals[key];
        assert(
          Math.abs(found / law[key] - 1) < 0.05,
          `seed ${seed}, ${key}: ${found} of ${law[key]}`,
        );
        assert(low < high && low > law[key] / 1.1 && high < law[key] * 1.1);
        if (low <= law[key] && law[key] <= high) inside++;
      }
      assert(fit.residual > 3e-4 && fit.residual < 7e-4, String(fit.residual));
    }
  }
  // 36 tables with 100 resamples had the truth inside 160 of 180 intervals.
  assert(inside >= 24, `${inside} of 30 intervals hold the planted constant`);
});

Deno.test("without noise a planted law is found to four digits", () => {
  for (const law of PLANTED) {
    const { constants } = fitLaw(table(law, 0, 0), { resamples: 0 });
    for (const key of KEYS) {
      const found = constants[key];
      assert(
        Math.abs(found / law[key] - 1) < 1e-4,
        `${key}: ${found} of ${law[key]}`,
      );
    }
  }
});

Deno.test("a run gone wrong moves the fit little", () => {
  const [law] = PLANTED;
  const points = table(law, 0, 0).map((point, i) =>
    i === 40 ? { ...point, loss: point.loss * 1.5 } : point
  );
  const { constants } = fitLaw(points, { resamples: 0 });
  for (const key of KEYS) {
    assert(Math.abs(constants[key] / law[key] - 1) < 0.02, key);
  }
});

Deno.test("runs that cannot show a law are refused", () => {
  const [law] = PLANTED;
  const points = table(law, 0, 0);
  assertThrows(() => fitLaw(points.slice(0, 7)), InputError, "7 runs");
  assertThrows(() => fitLaw(points.slice(0, 9)), InputError, "1 sizes");
  assertThrows(
    () => fitLaw([...points, { parameters: 1, tokens: 1, loss: NaN }]),
    InputError,
    "NaN",
  );
});
