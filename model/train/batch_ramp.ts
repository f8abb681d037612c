import { InputError } from "../../data/input_error.ts";
import type { TrainSection } from "./run_config.ts";

/** What the batch of a step depends on. */
export type BatchSize = Pick<
  TrainSection,
  "batch" | "context" | "accumulation" | "batch_ramp"
>;

/**
 * The batch over a run: what says how many micro-batches, and so tokens, a step
 * has. Over the first share of the steps, `train.batch_ramp`, they grow from one
 * to `train.accumulation`, each number for as many steps. Early gradients point
 * the same way in any batch, so that small ones make more steps of the same
 * tokens (McCandlish et al. 2018, arXiv 1812.06162; for language models Brown et
 * al. 2020, arXiv 2005.14165, appendix B).
 *
 * Places are those of the schedule, so that the ramp follows it, as the learning
 * rate does, where a budget changes the number of steps.
 *
 * @example
 * ```ts
 * import { BatchRamp } from "./batch_ramp.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const train = { batch: 2, context: 8, accumulation: 3, batch_ramp: 0.6 };
 * const ramp = new BatchRamp(train, 10);
 * const sizes = Array.from({ length: 10 }, (_, i) => ramp.microBatches(i));
 * assertEquals(sizes, [1, 1, 2, 2, 3, 3, 3, 3, 3, 3]);
 * assertEquals(ramp.tokens, 24 * 16);
 * ```
 */
export class BatchRamp {
  /** Tokens of a micro-batch. */
  readonly microTokens: number;
  /** Tokens of a whole step, which is one after the ramp. */
  readonly stepTokens: number;
  readonly #steps: number;
  readonly #most: number;
  /** Places from which on steps have one micro-batch more. */
  readonly #begins: readonly number[];

  /**
   * The batch of a run.
   *
   * @param size A whole step, and the ramp.
   * @param steps Steps of the run as planned.
   */
  constructor(
    { batch, context, accumulation, batch_ramp }: BatchSize,
    steps: number,
  ) {
    this.microTokens = batch * context;
    this.stepTokens = this.microTokens * accumulation;
    this.#steps = steps;
    this.#most = accumulation;
    const each = batch_ramp * steps / accumulation;
    this.#begins = Array.from(
      { length: accumulation - 1 },
      (_, i) => Math.round((i + 1) * each),
    );
  }

  /**
   * Refuses a ramp that has nothing to grow.
   *
   * @param size What was asked for.
   * @param source Where it comes from, for the message.
   * @throws {InputError} If there is a ramp and only one micro-batch.
   */
  static check({ accumulation, batch_ramp }: BatchSize, source: string): void {
    if (batch_ramp === 0 || accumulation > 1) return;
    throw new InputError(
      `${source}: "train.batch_ramp" is ${batch_ramp} and ` +
        `"train.accumulation" is 1, so that the batch has nothing to grow by; ` +
        "name a train.accumulation of at least 2, or leave the ramp out",
    );
  }

  /**
   * Micro-batches of all steps of a long run, as a share of what they would be
   * without a ramp.
   */
  static share(
    { accumulation, batch_ramp }: Pick<
      BatchSize,
      "accumulation" | "batch_ramp"
    >,
  ): number {
    return 1 - batch_ramp * (accumulation - 1) / (2 * accumulation);
  }

  /** Tokens of all steps. */
  get tokens(): number {
    const micro = this.#most * this.#steps - this.#missing(0, this.#steps);
    return this.microTokens * micro;
  }

  /**
   * Micro-batches of a step.
   *
   * @param position Place of the step in its schedule, counted from 0.
   */
  microBatches(position: number): number {
    return 1 + this.#begins.filter((begin) => begin <= position).length;
  }

  /**
   * Mean micro-batches of the steps of a part of the run, as a share of those of
   * a whole step.
   *
   * @param from Place in the schedule where the part begins.
   * @param to Place where it ends, after `from`.
   */
  shareBetween(from: number, to: number): number {
    return 1 - this.#missing(from, to) / (to - from) / this.#most;
  }

  /**
   * Mean tokens of the steps that are left.
   *
   * @param position Place in the schedule of the first of them.
   */
  meanTokens(position: number): number {
    return this.stepTokens * this.shareBetween(position, this.#steps);
  }

  /** Micro-batches that steps of a part lack to be whole. */
  #missing(from: number, to: number): number {
    return this.#begins.reduce(
      (sum, begin) => sum + Math.max(0, Math.min(begin, to) - from),
      0,
    );
  }
}
