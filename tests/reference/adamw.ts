/** Constants of the optimizer. */
export interface AdamwCase {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly clip: number;
  readonly cautious?: boolean;
}

/** Weights and moments, updated by {@linkcode adamwStep}. */
export interface AdamwState {
  readonly weight: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
}

/** Step number `step`, counted from 1, as the paper writes it. */
export function adamwStep(
  { weight, m, v }: AdamwState,
  gradient: ArrayLike<number>,
  step: number,
  learningRate: number,
  { beta1, beta2, epsilon, weightDecay, clip, cautious = false }: AdamwCase,
): void {
  const norm = Math.hypot(...Array.from(gradient));
  const factor = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  for (let i = 0; i < weight.length; i++) {
    const slope = gradient[i] * factor;
    m[i] = beta1 * m[i] + (1 - beta1) * slope;
    v[i] = beta2 * v[i] + (1 - beta2) * slope ** 2;
    const mean = m[i] / (1 - beta1 ** step);
    const square = v[i] / (1 - beta2 ** step);
    const update = mean / (Math.sqrt(square) + epsilon);
    if (!cautious || update * weight[i] >= 0) {
      weight[i] -= learningRate * weightDecay * weight[i];
    }
    weight[i] -= learningRate * update;
  }
}
