/** Operands of the reference, packed row-major. */
export interface CrossEntropyProblem {
  readonly hidden: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly scale: number;
  readonly channels: number;
  /** Ids that exist; rows of the weight beyond are padding. */
  readonly vocabulary: number;
  readonly ignoreIndex: number;
  /** Logits are cap · tanh(logit / cap), where there is one. */
  readonly softcap?: number | null;
}

/** Losses and gradients of softmax(hidden·weightᵀ), one row after the other. */
export function linearCrossEntropyReference(problem: CrossEntropyProblem): {
  rows: Float64Array;
  loss: number;
  hidden: Float64Array;
  weight: Float64Array;
} {
  const { hidden, weight, targets, scale, channels, vocabulary } = problem;
  const rows = new Float64Array(targets.length);
  const hiddenGradient = new Float64Array(hidden.length);
  const weightGradient = new Float64Array(weight.length);
  for (let row = 0; row < rows.length; row++) {
    const target = targets[row];
    if (target === problem.ignoreIndex) continue;
    const plain = Float64Array.from({ length: vocabulary }, (_, id) => {
      let sum = 0;
      for (let c = 0; c < channels; c++) {
        sum += hidden[row * channels + c] * weight[id * channels + c];
      }
      return sum;
    });
    const cap = problem.softcap ?? Infinity;
    const logits = cap === Infinity
      ? plain
      : plain.map((logit) => cap * Math.tanh(logit / cap));
    const highest = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - highest));
    const total = weights.reduce((sum, x) => sum + x, 0);
    rows[row] = Math.log(total) + highest - logits[target];
    for (let id = 0; id < vocabulary; id++) {
      const slope = (weights[id] / total - (id === target ? 1 : 0)) * scale *
        (1 - (logits[id] / cap) ** 2);
      for (let c = 0; c < channels; c++) {
        hiddenGradient[row * channels + c] += slope * weight[id * channels + c];
        weightGradient[id * channels + c] += slope * hidden[row * channels + c];
      }
    }
  }
  return {
    rows,
    loss: rows.reduce((sum, x) => sum + x, 0) * scale,
    hidden: hiddenGradient,
    weight: weightGradient,
  };
}
