/** Turns scores into probabilities: sigmoid(slope · score + offset). */
export interface PlattScaling {
  /** What a score is multiplied by; above 0 where it says anything. */
  readonly slope: number;
  /** What is added. */
  readonly offset: number;
}

/** Newton's steps at most; five to ten are usual. */
const MAX_STEPS = 100;

/** Added to the second derivatives' diagonal, so that they can be solved. */
const RIDGE = 1e-12;

/**
 * Fits probabilities to scores (Platt, "Probabilistic Outputs for Support
 * Vector Machines", 1999) by Newton's method with halved steps (Lin, Lin and
 * Weng, Machine Learning 68, 2007). The labels count as (n₁ + 1)/(n₁ + 2) and
 * 1/(n₀ + 2) instead of 1 and 0, so that scores which separate them do not ask
 * for an infinite slope.
 *
 * @param scores Of texts that the scores' model was not fitted to.
 * @param labels 0 or 1, one a score.
 * @returns The scaling.
 */
export function fitPlatt(
  scores: Float64Array,
  labels: Uint8Array,
): PlattScaling {
  const good = labels.reduce((sum, label) => sum + label, 0);
  const bad = labels.length - good;
  const high = (good + 1) / (good + 2);
  const low = 1 / (bad + 2);
  let slope = 0;
  let offset = Math.log((good + 1) / (bad + 1));
  const lossOf = (slope: number, offset: number): number => {
    let loss = 0;
    for (let i = 0; i < scores.length; i++) {
      const odds = slope * scores[i] + offset;
      const target = labels[i] === 1 ? high : low;
      // −t·log(p) − (1 − t)·log(1 − p), without overflow.
      loss += Math.max(odds, 0) - target * odds +
        Math.log1p(Math.exp(-Math.abs(odds)));
    }
    return loss;
  };
  let loss = lossOf(slope, offset);
  for (let step = 0; step < MAX_STEPS; step++) {
    let gradientSlope = 0, gradientOffset = 0;
    let ss = RIDGE, so = 0, oo = RIDGE;
    for (let i = 0; i < scores.length; i++) {
      const p = 1 / (1 + Math.exp(-(slope * scores[i] + offset)));
      const error = p - (labels[i] === 1 ? high : low);
      const curvature = p * (1 - p);
      gradientSlope += error * scores[i];
      gradientOffset += error;
      ss += curvature * scores[i] * scores[i];
      so += curvature * scores[i];
      oo += curvature;
    }
    if (Math.hypot(gradientSlope, gradientOffset) < 1e-9 * scores.length) break;
    const determinant = ss * oo - so * so;
    const down = (oo * gradientSlope - so * gradientOffset) / determinant;
    const across = (ss * gradientOffset - so * gradientSlope) / determinant;
    let size = 1;
    let next = lossOf(slope - down, offset - across);
    while (next > loss && size > 1e-10) {
      size /= 2;
      next = lossOf(slope - size * down, offset - size * across);
    }
    if (!(next <= loss)) break;
    slope -= size * down;
    offset -= size * across;
    loss = next;
  }
  return { slope, offset };
}
