import { assert } from "@std/assert";
import { parse } from "@std/csv";
import { fitLaw, type LossPoint } from "../../../model/budget/fit_law.ts";
import { computeOptimum } from "../../../model/budget/compute_optimum.ts";
import { SCALING_LAWS, USUAL_LAW } from "../../../model/budget/scaling_law.ts";

const KEYS = ["E", "A", "alpha", "B", "beta"] as const;

/**
 * Chinchilla's runs, as Besiroglu et al. (arXiv:2404.10102) read them off the
 * dots of figure 4 in Hoffmann et al. (arXiv:2203.15556): `Model Size`,
 * `Training FLOP` and `loss` of data/svg_extracted_data.csv in
 * github.com/epoch-research/analyzing-chinchilla at commit 9225883, to six
 * digits. Without the five highest losses, as in their fit: models of billions
 * that had hardly begun.
 */
async function chinchillaRuns(): Promise<LossPoint[]> {
  const path = new URL("testdata/chinchilla_points.csv", import.meta.url);
  const rows = parse(await Deno.readTextFile(path), { skipFirstRow: true });
  return rows.map((row) => {
    const parameters = Number(row.parameters);
    return {
      parameters,
      tokens: Number(row.flops) / (6 * parameters),
      loss: Number(row.loss),
    };
  }).sort((a, b) => a.loss - b.loss).slice(0, -5);
}

Deno.test("Chinchilla's published runs give the constants of their refit", async () => {
  const runs = await chinchillaRuns();
  assert(runs.length === 240);
  const { constants, intervals } = fitLaw(runs, { resamples: 200 });
  const { name, ...refit } = USUAL_LAW;
  assert(name === "besiroglu");
  for (const key of KEYS) {
    const [low, high] = intervals[key];
    assert(
      low <= refit[key] && refit[key] <= high,
      `${key}: ${refit[key]} is not between ${low} and ${high}`,
    );
    // The point estimate as well, far inside the interval.
    const off = Math.abs(constants[key] / refit[key] - 1);
    assert(off < 0.05, `${key}: ${constants[key]} of ${refit[key]}`);
  }
});

Deno.test("Chinchilla's runs do not give the constants of their first fit", async () => {
  const { constants, intervals } = fitLaw(await chinchillaRuns());
  const first = SCALING_LAWS.get("hoffmann");
  assert(first);
  assert(first.E < intervals.E[0]);
  // Their own models, 70 G parameters for 5.76e23 FLOP, lie on the refit.
  const { parameters } = computeOptimum(constants, 5.76e23);
  assert(parameters > 60e9 && parameters < 80e9, String(parameters));
});
