import type { Batch } from "./batch.ts";
import { InputError } from "./input_error.ts";
import { Permutation } from "./permutation.ts";
import { Random } from "./random.ts";
import type { TokenReader } from "./shard/token_reader.ts";
import { countWindows } from "./windows.ts";

/** Where a {@linkcode Loader} stands; JSON keeps it exactly. */
export interface LoaderState {
  /** Passes over the corpus that are complete. */
  readonly epoch: number;
  /** Sequences already served in the epoch after those. */
  readonly position: number;
}

/** What a {@linkcode Loader} is made from. */
export interface LoaderOptions {
  /** The training part's tokens. */
  readonly source: TokenReader;
  /** T, the tokens of a sequence. */
  readonly sequenceLength: number;
  /** Chooses the order; the same seed gives the same batches. */
  readonly seed: number;
  /**
   * Where to go on.
   *
   * @default { epoch: 0, position: 0 }
   */
  readonly state?: LoaderState;
}

/**
 * Serves a corpus in random order, epoch after epoch. An epoch cuts the tokens
 * into windows from a seeded first token on, so that the cuts differ from epoch
 * to epoch, and visits each window exactly once. The order depends on seed and
 * position alone: two numbers resume it, with any size of batch.
 *
 * @example
 * ```ts
 * import { Loader, type TokenReader } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const source: TokenReader = {
 *   tokenCount: 100,
 *   read: (offset, into) => into.forEach((_, i) => into[i] = offset + i),
 *   close: () => {},
 * };
 * const loader = new Loader({ source, sequenceLength: 8, seed: 1 });
 * const { inputs, targets } = loader.next(2);
 * assertEquals(inputs.length, 16);
 * assertEquals(targets[0], inputs[1]);
 *
 * const later = new Loader({
 *   source,
 *   sequenceLength: 8,
 *   seed: 1,
 *   state: loader.state,
 * });
 * assertEquals(later.next(3), loader.next(3));
 * ```
 */
export class Loader {
  readonly #source: TokenReader;
  readonly #sequenceLength: number;
  readonly #seed: number;
  /** T inputs and the last target, (T + 1). */
  readonly #window: Uint32Array;
  #epoch: number;
  #position: number;
  /** First token of the epoch's first window. */
  #phase = 0;
  #count = 0;
  #order: Permutation;

  /**
   * Starts at the beginning or where an earlier loader stood.
   *
   * @param options Source, length, seed and where to go on.
   * @throws {InputError} If the source is shorter than one window, or the state
   * belongs to another corpus.
   */
  constructor(options: LoaderOptions) {
    const { source, sequenceLength, seed } = options;
    const { epoch, position } = options.state ?? { epoch: 0, position: 0 };
    // Also checks that one window fits.
    countWindows(source.tokenCount, sequenceLength, "a training part");
    this.#source = source;
    this.#sequenceLength = sequenceLength;
    this.#seed = seed;
    this.#window = new Uint32Array(sequenceLength + 1);
    this.#epoch = epoch;
    this.#position = position;
    this.#order = this.#shuffle();
    const valid = Number.isSafeInteger(epoch) && epoch >= 0 &&
      Number.isSafeInteger(position) && position >= 0 &&
      position <= this.#count;
    if (!valid) {
      throw new InputError(
        `Cannot resume the data at sequence ${position} of epoch ${epoch}: the epoch has ${this.#count} sequences; resume with the data, the seed and the sequence length of the saved run`,
      );
    }
  }

  /** Where the loader stands. */
  get state(): LoaderState {
    return { epoch: this.#epoch, position: this.#position };
  }

  /** Sequences of the current epoch. */
  get sequencesPerEpoch(): number {
    return this.#count;
  }

  /**
   * Serves the next sequences.
   *
   * @param batch B, the number of sequences; it may differ from call to call
   * and may reach into the next epoch.
   * @returns Inputs and targets, each (B, T), in arrays of their own.
   */
  next(batch: number): Batch {
    const length = this.#sequenceLength;
    const inputs = new Uint32Array(batch * length);
    const targets = new Uint32Array(batch * length);
    for (let row = 0; row < batch; row++) {
      if (this.#position === this.#count) {
        this.#epoch++;
        this.#position = 0;
        this.#order = this.#shuffle();
      }
      const index = this.#order.at(this.#position);
      this.#source.read(this.#phase + index * length, this.#window);
      inputs.set(this.#window.subarray(0, length), row * length);
      targets.set(this.#window.subarray(1), row * length);
      this.#position++;
    }
    return { inputs, targets };
  }

  /** Sets up the order of the current epoch. */
  #shuffle(): Permutation {
    const { tokenCount } = this.#source;
    const length = this.#sequenceLength;
    const random = new Random(`loader/${this.#seed}/${this.#epoch}`);
    // Any start within the first window, as long as one window is left.
    this.#phase = random.integer(Math.min(length, tokenCount - length));
    this.#count = Math.floor((tokenCount - 1 - this.#phase) / length);
    const keys = Array.from(
      { length: Permutation.keyCount },
      () => random.bits32(),
    );
    return new Permutation(this.#count, keys);
  }
}
