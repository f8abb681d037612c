/** A learning rate over the steps of a run. */
export interface ScheduleOptions {
  /** Shape after the warmup: cosine, warmup–stable–decay, or constant. */
  readonly kind: "cosine" | "wsd" | "constant";
  /** Steps of the run in all. */
  readonly steps: number;
  /** Steps of linear growth from zero; the last of them has the full rate. */
  readonly warmup: number;
  /** Share of the steps that wsd's linear decay takes. */
  readonly decay: number;
  /** Highest learning rate. */
  readonly learningRate: number;
  /** Learning rate of the last step, for cosine and wsd. */
  readonly minimumLearningRate: number;
}

/**
 * The learning rate of one step: linear warmup, then half a cosine down to the
 * minimum (Loshchilov and Hutter, arXiv:1608.03983), or the full rate followed
 * by linear decay to the minimum (Hu et al., arXiv:2404.06395), or the full
 * rate to the end.
 *
 * @param step The step, counted from 0.
 * @param options The schedule.
 * @returns Its learning rate. Steps past the last have the last one's.
 *
 * @example
 * ```ts
 * import { learningRate } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const rate = learningRate(4, {
 *   kind: "constant",
 *   steps: 100,
 *   warmup: 10,
 *   decay: 0,
 *   learningRate: 1e-3,
 *   minimumLearningRate: 0,
 * });
 * assertEquals(rate, 5e-4); // the fifth of ten warmup steps
 * ```
 */
export function learningRate(step: number, options: ScheduleOptions): number {
  const { kind, steps, warmup, learningRate: full } = options;
  if (step < warmup) return full * (step + 1) / warmup;
  const lowest = Math.min(options.minimumLearningRate, full);
  // The decay starts from the full rate, which is that of the step before it.
  const first = kind === "cosine"
    ? warmup
    : Math.max(warmup, steps - Math.round(options.decay * steps));
  if (kind === "constant" || step < first) return full;
  const before = Math.max(first - 1, 0);
  const length = Math.max(steps - 1 - before, 1);
  const progress = Math.min((step - before) / length, 1);
  const share = kind === "cosine"
    ? (1 + Math.cos(Math.PI * progress)) / 2
    : 1 - progress;
  return lowest + (full - lowest) * share;
}
