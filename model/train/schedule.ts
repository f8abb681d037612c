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
 * @param step The step, counted from 0; between two steps, the rate between
 * theirs.
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

/**
 * How a run goes through its schedule: up to some step that is past, from there
 * on spread over the steps that are left.
 */
export interface SchedulePace {
  /** Step from which on it holds, counted from 0. */
  readonly from: number;
  /** Place in the schedule at that step, in steps as they were planned. */
  readonly position: number;
  /** Steps of the run in all. */
  readonly steps: number;
}

/**
 * The place of a step in a schedule that was planned for another number of
 * steps. Places never jump where the number changes, and the last step always
 * has the schedule's last place.
 *
 * @param step The step, counted from 0, not before the pace's first.
 * @param planned Steps that the schedule was planned for.
 * @param pace How the run goes through it.
 * @returns A place from 0 to `planned` − 1, not rounded.
 *
 * @example
 * ```ts
 * import { schedulePosition } from "./schedule.ts";
 * import { assertEquals } from "@std/assert";
 *
 * // At step 50 of 101, half of what is left has to do.
 * const pace = { from: 50, position: 50, steps: 76 };
 * assertEquals(schedulePosition(50, 101, pace), 50);
 * assertEquals(schedulePosition(60, 101, pace), 70);
 * assertEquals(schedulePosition(75, 101, pace), 100);
 * ```
 */
export function schedulePosition(
  step: number,
  planned: number,
  { from, position, steps }: SchedulePace,
): number {
  const last = planned - 1;
  if (step >= steps - 1) return last;
  // Exactly 1, and the place the step, as long as nothing was changed.
  const ratio = (last - position) / (steps - 1 - from);
  return position + (step - from) * ratio;
}
