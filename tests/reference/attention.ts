/** Sizes of an attention over packed rows of query, key and value heads. */
export interface AttentionCase {
  readonly batches: number;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly window: number;
  /** First position of its sequence that each row's query sees. */
  readonly starts?: ArrayLike<number>;
}

interface Weights {
  readonly query: number;
  readonly keys: number[];
  readonly weights: number[];
  readonly lse: number;
}

/** Softmax over the keys that each query of each head sees. */
function* softmaxes(
  qkv: ArrayLike<number>,
  shape: AttentionCase,
): Generator<Weights & { readonly out: number }> {
  const { batches, length, heads, kvHeads, headDim, window } = shape;
  const width = (heads + 2 * kvHeads) * headDim;
  for (let batch = 0; batch < batches; batch++) {
    for (let i = 0; i < length; i++) {
      for (let head = 0; head < heads; head++) {
        const row = batch * length + i;
        const query = row * width + head * headDim;
        const group = Math.floor(head / (heads / kvHeads));
        const keys: number[] = [];
        const scores: number[] = [];
        const seen = shape.starts?.[row] ?? 0;
        for (let j = Math.max(seen, i - window + 1); j <= i; j++) {
          const key = (batch * length + j) * width + (heads + group) * headDim;
          let score = 0;
          for (let d = 0; d < headDim; d++) {
            score += qkv[query + d] * qkv[key + d];
          }
          keys.push(key);
          scores.push(score / Math.sqrt(headDim));
        }
        const most = Math.max(...scores);
        const exps = scores.map((score) => Math.exp(score - most));
        const sum = exps.reduce((total, exp) => total + exp, 0);
        yield {
          query,
          keys,
          weights: exps.map((exp) => exp / sum),
          lse: most + Math.log(sum),
          out: (row * heads + head) * headDim,
        };
      }
    }
  }
}

/** Weighted values `(B·T, H·D)`. */
export function attention(
  qkv: ArrayLike<number>,
  shape: AttentionCase,
): Float64Array {
  const { batches, length, heads, kvHeads, headDim } = shape;
  const result = new Float64Array(batches * length * heads * headDim);
  for (const { keys, weights, out } of softmaxes(qkv, shape)) {
    keys.forEach((key, j) => {
      for (let d = 0; d < headDim; d++) {
        result[out + d] += weights[j] * qkv[key + kvHeads * headDim + d];
      }
    });
  }
  return result;
}

/** Gradient of `Σ attention · upstream` by the packed rows. */
export function attentionGradient(
  qkv: ArrayLike<number>,
  upstream: ArrayLike<number>,
  shape: AttentionCase,
): Float64Array {
  const { kvHeads, headDim } = shape;
  const scale = 1 / Math.sqrt(headDim);
  const gradient = new Float64Array(qkv.length);
  for (const { query, keys, weights, out } of softmaxes(qkv, shape)) {
    const byWeight = keys.map((key) => {
      let sum = 0;
      for (let d = 0; d < headDim; d++) {
        sum += upstream[out + d] * qkv[key + kvHeads * headDim + d];
      }
      return sum;
    });
    const mean = byWeight.reduce((sum, g, j) => sum + g * weights[j], 0);
    keys.forEach((key, j) => {
      const byScore = weights[j] * (byWeight[j] - mean) * scale;
      for (let d = 0; d < headDim; d++) {
        gradient[query + d] += byScore * qkv[key + d];
        gradient[key + d] += byScore * qkv[query + d];
        gradient[key + kvHeads * headDim + d] += weights[j] * upstream[out + d];
      }
    });
  }
  return gradient;
}
