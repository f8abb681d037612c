import { InputError } from "../../data/input_error.ts";
import type { TrainSection } from "./run_config.ts";
import type { TokenBatch } from "./training_session.ts";

/** What the length of a part depends on. */
export type ContextLength = Pick<TrainSection, "context" | "context_ramp">;

/** Parts that a sequence is cut into, from the ramp's beginning to its end. */
const PARTS = [8, 4, 2];
/** Parts of fewer tokens hold nothing to attend to. */
const FEWEST_TOKENS = 16;

/**
 * How far back tokens see over a run. Over the first share of the steps,
 * `train.context_ramp`, sequences are cut into eight parts, then four, then two,
 * each for as many steps, and tokens attend only inside their part; numbers that
 * would make parts of fewer than 16 tokens are left out. What is near is learnt
 * first, and cheaply, as keys of other parts are passed over (Li et al. 2021,
 * arXiv 2108.06084; Press et al. 2020, arXiv 2012.15832).
 *
 * A step has the same tokens throughout, each at its position in the whole
 * sequence, which is all the same to rotary positions and lets learnt ones be
 * learnt from the start. Evaluations see whole sequences. Floating-point
 * operations are counted as of whole sequences, as they are under a document
 * mask.
 *
 * Places are those of the schedule, so that the ramp follows it, as the learning
 * rate does, where a budget changes the number of steps. Steps of short parts
 * take less time, which the keeper of a budget is not told but finds out.
 *
 * @example
 * ```ts
 * import { ContextRamp } from "./context_ramp.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const ramp = new ContextRamp({ context: 64, context_ramp: 0.5 }, 8);
 * const lengths = Array.from({ length: 8 }, (_, i) => ramp.partLength(i));
 * assertEquals(lengths, [16, 16, 32, 32, 64, 64, 64, 64]);
 * ```
 */
export class ContextRamp {
  readonly #context: number;
  /** Lengths of parts, ascending, and the place from which on each is past. */
  readonly #lengths: readonly {
    readonly length: number;
    readonly end: number;
  }[];

  /**
   * The ramp of a run.
   *
   * @param train A whole sequence, and the ramp.
   * @param steps Steps of the run as planned.
   */
  constructor({ context, context_ramp }: ContextLength, steps: number) {
    this.#context = context;
    const lengths = partLengths(context);
    this.#lengths = lengths.map((length, i) => ({
      length,
      end: Math.round((i + 1) * context_ramp * steps / lengths.length),
    }));
  }

  /**
   * Refuses a ramp of sequences that are too short to be cut.
   *
   * @param train What was asked for.
   * @param source Where it comes from, for the message.
   * @throws {InputError} If there is a ramp and nothing to cut.
   */
  static check(
    { context, context_ramp }: ContextLength,
    source: string,
  ): void {
    if (context_ramp === 0 || partLengths(context).length > 0) return;
    throw new InputError(
      `${source}: "train.context_ramp" is ${context_ramp} and ` +
        `"train.context" is ${context}, whose halves would have fewer than ` +
        `${FEWEST_TOKENS} tokens; name a train.context of at least ` +
        `${2 * FEWEST_TOKENS}, or leave the ramp out`,
    );
  }

  /**
   * Tokens of a part; the last one of a sequence may have fewer.
   *
   * @param position Place of the step in its schedule, counted from 0.
   */
  partLength(position: number): number {
    return this.#lengths.find(({ end }) => position < end)?.length ??
      this.#context;
  }

  /**
   * Cuts the sequences of a micro-batch: where a part begins after the document
   * does, tokens see from there on.
   *
   * @param batch The micro-batch; it stays as it is.
   * @param position Place of its step in the schedule.
   */
  cut(batch: TokenBatch, position: number): TokenBatch {
    const length = this.partLength(position);
    if (length === this.#context) return batch;
    const { inputs, documents } = batch;
    const starts = inputs.map((_, i) => {
      const column = i % this.#context;
      return Math.max(column - column % length, documents?.starts[i] ?? 0);
    });
    return { ...batch, documents: { starts } };
  }
}

/** Lengths of parts that are long enough, ascending. */
function partLengths(context: number): number[] {
  return PARTS.filter((parts) => context / parts >= FEWEST_TOKENS)
    .map((parts) => Math.ceil(context / parts));
}
