import { Permutation } from "./permutation.ts";
import { Random } from "./random.ts";

/** What an order depends on besides the number of the epoch. */
export interface EpochOrderOptions {
  /** Tokens of the corpus, more than `sequenceLength`. */
  readonly tokenCount: number;
  /** T, the tokens of a window. */
  readonly sequenceLength: number;
  readonly seed: number;
  /** Tokens of the contexts that documents were fitted into, if they were. */
  readonly packedContext?: number | undefined;
}

/**
 * The windows of one epoch in their random order. Takes no memory, however many
 * there are.
 */
export class EpochOrder {
  /** Number of the epoch. */
  readonly epoch: number;
  /** How many windows there are. */
  readonly count: number;
  readonly #sequenceLength: number;
  /** First token of the first window. */
  readonly #phase: number;
  readonly #order: Permutation;

  /**
   * @param epoch Number of the epoch.
   * @param options Corpus, length and seed.
   */
  constructor(epoch: number, options: EpochOrderOptions) {
    const { tokenCount, sequenceLength, seed, packedContext } = options;
    const random = new Random(`loader/${seed}/${epoch}`);
    this.epoch = epoch;
    this.#sequenceLength = sequenceLength;
    // Any start within the first window, as long as one window is left; but
    // windows that a context can be cut into, or is a part of, begin with one.
    const stride = strideOf(sequenceLength, packedContext);
    const room = Math.min(sequenceLength, tokenCount - sequenceLength);
    this.#phase = stride * random.integer(Math.ceil(room / stride));
    this.count = Math.floor((tokenCount - 1 - this.#phase) / sequenceLength);
    const keys = Array.from(
      { length: Permutation.keyCount },
      () => random.bits32(),
    );
    this.#order = new Permutation(this.count, keys);
  }

  /**
   * @param position A place in the order, 0 … `count` − 1.
   * @returns First token of the window there.
   */
  startOf(position: number): number {
    return this.#phase + this.#order.at(position) * this.#sequenceLength;
  }
}

/** Tokens between two places where a first window may begin. */
function strideOf(sequenceLength: number, packedContext = 1): number {
  if (sequenceLength % packedContext === 0) return packedContext;
  return packedContext % sequenceLength === 0 ? sequenceLength : 1;
}
