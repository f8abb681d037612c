/** Steps that went wrong, and how. */
export interface Trouble {
  /** First of them. */
  readonly from: number;
  /** Last of them that was seen. */
  readonly to: number;
  /** What was seen, for people. */
  readonly reason: string;
}

/** Losses that mean and deviation are taken over. */
const WINDOW = 64;
/** Losses without which neither says anything. */
const FEWEST = 32;
/** Deviations and nats above the mean at which a single step is a jump. */
const JUMP = { deviations: 10, nats: 1 };
/** The same of several steps in a row. */
const RISE = { deviations: 6, nats: 0.3, steps: 3 };
/** Steps in a row without finite gradients: one is passed over and forgotten. */
const NOT_FINITE = 4;

/**
 * Watches the losses of a training run for signs of trouble: a jump far beyond
 * what the losses of late vary by, a rise that stays, or gradients that stay
 * not finite. A single odd batch is none: clipping takes care of it.
 *
 * @example
 * ```ts
 * import { LossWatch } from "./loss_watch.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const watch = new LossWatch();
 * for (let step = 1; step <= 50; step++) {
 *   assertEquals(watch.add(step, 2 + 0.01 * (step % 7), false), undefined);
 * }
 * assertEquals(watch.add(51, 9, false)?.from, 51);
 * ```
 */
export class LossWatch {
  #losses: readonly number[] = [];
  #high = 0;
  #notFinite = 0;

  /** What it remembers of healthy steps. */
  get losses(): readonly number[] {
    return this.#losses;
  }

  /**
   * Goes back to what it remembered at an earlier step.
   *
   * @param losses {@linkcode LossWatch.losses} as they were then.
   */
  restore(losses: readonly number[]): void {
    this.#losses = losses;
    this.#high = 0;
    this.#notFinite = 0;
  }

  /**
   * Notes a step.
   *
   * @param step Its number.
   * @param loss Its loss, in nats.
   * @param skipped Whether its gradients were not finite.
   * @returns Trouble, if this is some.
   */
  add(step: number, loss: number, skipped: boolean): Trouble | undefined {
    if (skipped || !Number.isFinite(loss)) {
      if (++this.#notFinite < NOT_FINITE) return undefined;
      const reason = `gradients were not finite ${NOT_FINITE} steps in a row`;
      return { from: step - NOT_FINITE + 1, to: step, reason };
    }
    this.#notFinite = 0;
    if (this.#losses.length >= FEWEST) {
      const { mean, deviation } = this.#statistics();
      const isAbove = (bound: { deviations: number; nats: number }) =>
        loss > mean + Math.max(bound.deviations * deviation, bound.nats);
      this.#high = isAbove(RISE) ? this.#high + 1 : 0;
      if (isAbove(JUMP) || this.#high >= RISE.steps) {
        const reason = `the loss rose from ${mean.toFixed(3)} to ${
          loss.toFixed(3)
        }`;
        return { from: step - this.#high + 1, to: step, reason };
      }
      if (this.#high > 0) return undefined;
    }
    this.#losses = [...this.#losses.slice(1 - WINDOW), loss];
    return undefined;
  }

  #statistics(): { mean: number; deviation: number } {
    const { length } = this.#losses;
    const mean = this.#losses.reduce((sum, loss) => sum + loss, 0) / length;
    const squares = this.#losses.reduce(
      (sum, loss) => sum + (loss - mean) ** 2,
      0,
    );
    return { mean, deviation: Math.sqrt(squares / length) };
  }
}
