/** State of some weights under AdamW, in f64. */
export interface AdamwState {
  /** Weights. */
  readonly weight: Float64Array;
  /** First moments. */
  readonly m: Float64Array;
  /** Second moments. */
  readonly v: Float64Array;
}

/** One step of PyTorch's AdamW after `clip_grad_norm_`, in place. */
export function adamwStep(
  state: AdamwState,
  gradient: Float64Array,
  step: number,
  options: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
    readonly clip: number;
  },
): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay, clip } = options;
  const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
  const factor = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i] * factor;
    state.m[i] = beta1 * state.m[i] + (1 - beta1) * g;
    state.v[i] = beta2 * state.v[i] + (1 - beta2) * g * g;
    const mean = state.m[i] / (1 - beta1 ** step);
    const variance = state.v[i] / (1 - beta2 ** step);
    state.weight[i] -= learningRate * weightDecay * state.weight[i];
    state.weight[i] -= learningRate * mean / (Math.sqrt(variance) + epsilon);
  }
}
