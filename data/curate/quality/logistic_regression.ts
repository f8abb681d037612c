import { Random } from "../../random.ts";
import type { SparseVector } from "./word_features.ts";

/** How weights are found. */
export interface LogisticOptions {
  /** Numbers of a vector. */
  readonly dimensions: number;
  /** Strength of ½·l2·‖w‖² against the sum of all examples' losses. */
  readonly l2: number;
  /** How often all examples are gone through. */
  readonly epochs: number;
  /** Seed of their order. */
  readonly seed: number | string;
}

/** A linear model of log odds. */
export interface LinearModel {
  /** One a number of a vector. */
  readonly weights: Float32Array;
  /** Log odds of a vector of zeros. */
  readonly bias: number;
}

/** Step of AdaGrad at a coordinate's first gradient. */
const STEP = 0.5;

/** Keeps the first steps finite. */
const EPSILON = 1e-8;

/**
 * Fits weights so that sigmoid(w·x + b) is the probability of label 1: the sum
 * of log losses plus ½·l2·‖w‖², by AdaGrad (Duchi, Hazan and Singer, JMLR 12,
 * 2011). A weight is drawn to zero only when its number occurs, by l2 over how
 * many examples it occurs in: together that is the penalty's whole gradient in
 * an epoch, and time depends on what occurs alone. The same seed gives the same
 * bits.
 *
 * @param examples Vectors.
 * @param labels 0 or 1, one a vector.
 * @param options Sizes, penalty, epochs, seed.
 * @returns The model.
 */
export function fitLogistic(
  examples: readonly SparseVector[],
  labels: Uint8Array,
  { dimensions, l2, epochs, seed }: LogisticOptions,
): LinearModel {
  const weights = new Float32Array(dimensions);
  const squares = new Float32Array(dimensions).fill(EPSILON);
  const occurrences = new Uint32Array(dimensions);
  for (const { indices } of examples) {
    for (const index of indices) occurrences[index]++;
  }
  let bias = 0;
  let biasSquares = EPSILON;
  const random = new Random(`${seed}/logistic`);
  const order = examples.map((_, i) => i);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const place of random.shuffle(order)) {
      const { indices, values } = examples[place];
      let odds = bias;
      for (let i = 0; i < indices.length; i++) {
        odds += weights[indices[i]] * values[i];
      }
      const error = 1 / (1 + Math.exp(-odds)) - labels[place];
      biasSquares += error * error;
      bias -= STEP * error / Math.sqrt(biasSquares);
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i];
        const gradient = error * values[i];
        const total = squares[index] += gradient * gradient;
        const step = STEP / Math.sqrt(total);
        // The penalty's step is implicit: it can never overshoot zero.
        weights[index] = (weights[index] - step * gradient) /
          (1 + step * l2 / occurrences[index]);
      }
    }
  }
  return { weights, bias };
}

/**
 * Log odds of label 1.
 *
 * @param model A model.
 * @param vector A vector.
 * @returns w·x + b.
 */
export function logOdds(
  { weights, bias }: LinearModel,
  { indices, values }: SparseVector,
): number {
  let odds = 0;
  for (let i = 0; i < indices.length; i++) {
    odds += weights[indices[i]] * values[i];
  }
  return odds + bias;
}
