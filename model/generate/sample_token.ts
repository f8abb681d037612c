import type { Random } from "../../data/random.ts";

/** How the next token is chosen. */
export interface SamplingOptions {
  /** Divides the logits; 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Number of likeliest tokens to choose from; 0 for all. */
  readonly topK: number;
  /**
   * Smallest share of the probability that the likeliest tokens to choose from
   * must have (nucleus sampling, Holtzman et al. 2019, arXiv 1904.09751).
   */
  readonly topP: number;
}

/**
 * Chooses a token.
 *
 * @param logits One row of logits; may be longer than the vocabulary.
 * @param vocabulary Number of ids that can be chosen.
 * @param options How to choose.
 * @param random Source of chance; not used at temperature 0.
 * @returns The token's id; of equal logits the lower id counts as likelier.
 *
 * @example
 * ```ts
 * import { Random, sampleToken } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const logits = new Float32Array([0.1, 3, 0.2]);
 * const greedy = { temperature: 0, topK: 0, topP: 1 };
 * assertEquals(sampleToken(logits, 3, greedy, new Random(1)), 1);
 * ```
 */
export function sampleToken(
  logits: Float32Array,
  vocabulary: number,
  { temperature, topK, topP }: SamplingOptions,
  random: Random,
): number {
  let likeliest = 0;
  for (let id = 1; id < vocabulary; id++) {
    if (logits[id] > logits[likeliest]) likeliest = id;
  }
  if (temperature === 0) return likeliest;

  const peak = logits[likeliest];
  const weights = Float64Array.from(
    logits.subarray(0, vocabulary),
    (logit) => Math.exp((logit - peak) / temperature),
  );
  const candidates = topK > 0 || topP < 1
    ? nucleus(weights, topK, topP)
    : weights.keys();
  const chosen = [...candidates];
  const total = chosen.reduce((sum, id) => sum + weights[id], 0);
  let threshold = random.uniform() * total;
  for (const id of chosen) {
    threshold -= weights[id];
    if (threshold < 0) return id;
  }
  // Rounding may leave a sliver above the last weight.
  return chosen[chosen.length - 1];
}

function nucleus(
  weights: Float64Array,
  topK: number,
  topP: number,
): readonly number[] {
  const order = [...weights.keys()].sort((a, b) =>
    weights[b] - weights[a] || a - b
  );
  const most = topK > 0 ? Math.min(topK, order.length) : order.length;
  const kept = order.slice(0, most);
  if (topP >= 1) return kept;
  const total = kept.reduce((sum, id) => sum + weights[id], 0);
  let mass = 0;
  const end = kept.findIndex((id) => (mass += weights[id]) >= topP * total);
  return kept.slice(0, end < 0 ? kept.length : end + 1);
}
