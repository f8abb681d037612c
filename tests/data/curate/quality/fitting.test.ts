import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  fitLogistic,
  type LinearModel,
  logOdds,
} from "../../../../data/curate/quality/logistic_regression.ts";
import { fitPlatt } from "../../../../data/curate/quality/platt_scaling.ts";
import { qualityReport } from "../../../../data/curate/quality/quality_report.ts";
import { rankingAuc } from "../../../../data/curate/quality/ranking_auc.ts";
import type { SparseVector } from "../../../../data/curate/quality/word_features.ts";
import { Random } from "../../../../data/random.ts";

const DIMENSIONS = 30;

/** Sparse vectors, and labels drawn from a model of them. */
function problem(seed: number, count: number): {
  examples: SparseVector[];
  labels: Uint8Array;
} {
  const random = new Random(seed);
  const truth = Array.from({ length: DIMENSIONS }, () => 3 * random.normal());
  const examples: SparseVector[] = [];
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const indices = Uint32Array.from(
      random.shuffle(Array.from({ length: DIMENSIONS }, (_, j) => j))
        .slice(0, 5),
    );
    const values = Float32Array.from(indices, () => random.normal());
    const odds = indices.reduce(
      (sum, index, j) => sum + truth[index] * values[j],
      0,
    );
    labels[i] = random.uniform() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
    examples.push({ indices, values });
  }
  return { examples, labels };
}

/** What is minimised: the sum of losses plus ½·l2·‖w‖². */
function objective(
  examples: readonly SparseVector[],
  labels: Uint8Array,
  model: LinearModel,
  l2: number,
): number {
  let sum = 0;
  for (const weight of model.weights) sum += l2 / 2 * weight * weight;
  examples.forEach((example, i) => {
    const odds = logOdds(model, example);
    sum += Math.log1p(Math.exp(labels[i] === 1 ? -odds : odds));
  });
  return sum;
}

/** The same by plain gradient descent on all examples, many times over. */
function slowFit(
  examples: readonly SparseVector[],
  labels: Uint8Array,
  l2: number,
): LinearModel {
  const weights = new Float32Array(DIMENSIONS);
  let bias = 0;
  for (let step = 0; step < 3000; step++) {
    const gradient = Array.from(weights, (weight) => l2 * weight);
    let biasGradient = 0;
    examples.forEach((example, i) => {
      const odds = logOdds({ weights, bias }, example);
      const error = 1 / (1 + Math.exp(-odds)) - labels[i];
      biasGradient += error;
      example.indices.forEach((index, j) =>
        gradient[index] += error * example.values[j]
      );
    });
    gradient.forEach((value, j) => weights[j] -= 0.01 * value);
    bias -= 0.01 * biasGradient;
  }
  return { weights, bias };
}

Deno.test("weights reach the minimum that slow descent finds", () => {
  const { examples, labels } = problem(5, 300);
  for (const l2 of [0.1, 3]) {
    const options = { dimensions: DIMENSIONS, l2, epochs: 60, seed: 1 };
    const found = objective(
      examples,
      labels,
      fitLogistic(examples, labels, options),
      l2,
    );
    const slow = slowFit(examples, labels, l2);
    const least = objective(examples, labels, slow, l2);
    // Single examples are noisy: 1 % above the minimum is close.
    assert(found < 1.01 * least, `l2 ${l2}: ${found} against ${least}`);
  }
});

Deno.test("the seed alone decides the bits of the weights", () => {
  const { examples, labels } = problem(6, 100);
  const fit = (seed: number) =>
    fitLogistic(examples, labels, {
      dimensions: DIMENSIONS,
      l2: 1,
      epochs: 3,
      seed,
    });
  assertEquals(fit(1), fit(1));
  assert(fit(1).weights.some((weight, i) => weight !== fit(2).weights[i]));
});

Deno.test("Platt's scaling finds the probabilities behind scores", () => {
  const random = new Random(11);
  const scores = Float64Array.from({ length: 20_000 }, () => random.normal());
  const labels = Uint8Array.from(
    scores,
    (score) => random.uniform() < 1 / (1 + Math.exp(-(2 * score - 1))) ? 1 : 0,
  );
  const { slope, offset } = fitPlatt(scores, labels);
  // Standard errors are about .03.
  assertAlmostEquals(slope, 2, 0.15);
  assertAlmostEquals(offset, -1, 0.15);
});

Deno.test("scores that separate labels get a finite slope", () => {
  const { slope, offset } = fitPlatt(
    Float64Array.from([-2, -1.5, -1, 1, 1.5, 2]),
    Uint8Array.from([0, 0, 0, 1, 1, 1]),
  );
  const at = (score: number) => 1 / (1 + Math.exp(-(slope * score + offset)));
  // The targets are 4/5 and 1/5 for three labels of a kind.
  assert(at(2) > 0.75 && at(2) < 0.95, `${at(2)}`);
  assertAlmostEquals(at(2), 1 - at(-2), 1e-6);
});

Deno.test("scores that say nothing get the labels' share", () => {
  const { slope, offset } = fitPlatt(
    new Float64Array(400).fill(3),
    Uint8Array.from({ length: 400 }, (_, i) => i % 4 === 0 ? 1 : 0),
  );
  assertAlmostEquals(1 / (1 + Math.exp(-(3 * slope + offset))), 0.25, 0.01);
});

Deno.test("AUC is the share of pairs in the right order, ties half", () => {
  const auc = (scores: number[], labels: number[]) =>
    rankingAuc(Float64Array.from(scores), Uint8Array.from(labels));
  assertEquals(auc([1, 2, 3, 4], [0, 0, 1, 1]), 1);
  assertEquals(auc([1, 2, 3, 4], [1, 1, 0, 0]), 0);
  assertEquals(auc([5, 5, 5, 5], [1, 0, 1, 0]), 0.5);
  // Pairs of (1, 0): 3>1, 3>2, 2=2, 2>1: three and a half of four.
  assertEquals(auc([3, 2, 2, 1], [1, 1, 0, 0]), 0.875);

  const random = new Random(3);
  const scores = Array.from({ length: 60 }, () => random.integer(12));
  const labels = scores.map(() => random.integer(2));
  let right = 0;
  let pairs = 0;
  scores.forEach((a, i) =>
    scores.forEach((b, j) => {
      if (labels[i] !== 1 || labels[j] !== 0) return;
      pairs++;
      right += a > b ? 1 : a === b ? 0.5 : 0;
    })
  );
  assertAlmostEquals(auc(scores, labels), right / pairs, 1e-12);
});

Deno.test("a report says what scores mean and what thresholds keep", () => {
  const report = qualityReport(
    Float64Array.from([0.95, 0.9, 0.6, 0.65, 0.05, 1]),
    Uint8Array.from([1, 1, 0, 1, 0, 1]),
  );
  assertEquals([report.documents, report.good], [6, 4]);
  // The other two score less than any good one.
  assertEquals(report.auc, 1);
  const loss = -(Math.log(0.95) + Math.log(0.9) + Math.log(0.4) +
    Math.log(0.65) + Math.log(0.95) + Math.log(1)) / 6;
  assertAlmostEquals(report.logLoss, loss, 1e-12);
  // −⅔·ln ⅔ − ⅓·ln ⅓
  assertAlmostEquals(report.chanceLogLoss, 0.636514, 1e-6);
  assertEquals(
    report.calibration.map(({ from, count, observed }) => [
      from,
      count,
      observed,
    ]),
    [[0, 1, 0], [0.6, 2, 0.5], [0.9, 3, 1]],
  );
  const half = report.shares[4];
  assertEquals(half.threshold, 0.5);
  assertAlmostEquals(half.kept, 5 / 6, 1e-12);
  assertAlmostEquals(half.precision, 4 / 5, 1e-12);
  assertEquals(half.recall, 1);
});
