import type { Batch, BatchDocuments } from "./batch.ts";
import { fillDocumentColumns } from "./document_columns.ts";
import { EpochOrder, type EpochOrderOptions } from "./epoch_order.ts";
import { InputError } from "./input_error.ts";
import type { DocumentEnds } from "./shard/document_ends.ts";
import { documentEndsOf } from "./shard/document_ends_of.ts";
import type { TokenReader } from "./shard/token_reader.ts";
import { countWindows } from "./windows.ts";

/**
 * Where a {@linkcode Loader} stands; JSON keeps it exactly. The tokens of the
 * epoch that were served are `position` times the sequence length.
 */
export interface LoaderState {
  /** Passes over the corpus that are complete. */
  readonly epoch: number;
  /** Sequences already served in the epoch after those. */
  readonly position: number;
  /**
   * What the order depends on. States of earlier versions do not have it, and
   * are taken as belonging to the loader that resumes them.
   */
  readonly order?: {
    /** T, the tokens of a sequence. */
    readonly sequenceLength: number;
    /** Tokens of the corpus. */
    readonly tokenCount: number;
    /** Seed of the order. */
    readonly seed: number;
  };
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
   * Tokens of the contexts that documents were fitted into, as in
   * {@linkcode CorpusPart.packedContext}: windows of that length, of a multiple
   * or of a divisor then hold whole contexts or lie within one.
   */
  readonly packedContext?: number | undefined;
  /**
   * Where to go on.
   *
   * @default { epoch: 0, position: 0 }
   */
  readonly state?: LoaderState;
  /**
   * Whether batches come with their documents.
   *
   * @default false
   */
  readonly documents?: boolean;
  /**
   * Batches to have ready before they are asked for. They are read when the
   * caller next awaits something, as a trainer does for its device.
   *
   * @default 0
   */
  readonly ahead?: number;
  /**
   * How many of the latest batches the caller looks at: the arrays of older
   * ones are filled again. Unless given, every batch has arrays of its own.
   */
  readonly keep?: number;
}

/** A place in the data: a window of an epoch. */
interface Place {
  readonly order: EpochOrder;
  readonly position: number;
}

/** A batch that is ready, and the place after it. */
interface ReadyBatch {
  readonly batch: Batch;
  readonly after: Place;
}

/** Arrays for a batch. */
interface Arrays {
  /** The inputs and one more token, (B · T + 1). */
  readonly tokens: Uint32Array;
  /** The token after each row's inputs, (B). */
  readonly lasts: Uint32Array;
  readonly batch: Batch;
}

/**
 * Serves a corpus in random order, epoch after epoch. An epoch cuts the tokens
 * into windows from a seeded first token on, so that the cuts differ from epoch
 * to epoch, and visits each window exactly once. The order depends on the
 * corpus, the length of a sequence, and the seed alone, and the place in it is a
 * number of tokens: a loader resumes with any size of batch, and the rest of the
 * epoch is what was not served yet, in the same order.
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
  readonly #options: EpochOrderOptions;
  readonly #documents: DocumentEnds | null;
  readonly #ahead: number;
  readonly #keep: number;
  /** Where the batches served so far end. */
  #served: Place;
  /** Batches after that, oldest first, all of {@linkcode Loader.#batch} rows. */
  #ready: ReadyBatch[] = [];
  #batch = 0;
  #ring: Arrays[] = [];
  #turn = 0;
  #waiting = false;

  /**
   * Starts at the beginning or where an earlier loader stood.
   *
   * @param options Source, length, seed and where to go on.
   * @throws {InputError} If the source is shorter than one window, the state
   * belongs to another corpus, length or seed, or documents are asked for and
   * the corpus does not say where they end.
   */
  constructor(options: LoaderOptions) {
    const { source, sequenceLength, seed, documents = false } = options;
    const { tokenCount } = source;
    // Also checks that one window fits.
    countWindows(tokenCount, sequenceLength, "a training part");
    this.#source = source;
    const { packedContext } = options;
    this.#options = { tokenCount, sequenceLength, seed, packedContext };
    this.#ahead = options.ahead ?? 0;
    this.#keep = options.keep ?? Infinity;
    this.#documents = documents
      ? documentEndsOf(source, "training part")
      : null;
    this.#served = this.#resume(options.state ?? { epoch: 0, position: 0 });
  }

  /** Where the loader stands: after the last batch that it served. */
  get state(): LoaderState {
    const { order, position } = this.#served;
    const { sequenceLength, tokenCount, seed } = this.#options;
    return {
      epoch: order.epoch,
      position,
      order: { sequenceLength, tokenCount, seed },
    };
  }

  /** Sequences of the current epoch. */
  get sequencesPerEpoch(): number {
    return this.#served.order.count;
  }

  /**
   * Serves the next sequences.
   *
   * @param batch B, the number of sequences; it may differ from call to call
   * and may reach into the next epoch.
   * @returns Inputs and targets, each (B, T).
   * @throws {InputError} If a token is not in the vocabulary, or a shard was
   * cut meanwhile.
   */
  next(batch: number): Batch {
    if (batch !== this.#batch) {
      this.#batch = batch;
      this.#ready = [];
      this.#ring = [];
      this.#turn = 0;
    }
    const next = this.#ready.shift() ?? this.#read(this.#served);
    this.#served = next.after;
    if (this.#ahead > 0 && !this.#waiting) {
      this.#waiting = true;
      queueMicrotask(() => this.#readAhead());
    }
    return next.batch;
  }

  #readAhead(): void {
    this.#waiting = false;
    try {
      while (this.#ready.length < this.#ahead) {
        this.#ready.push(this.#read(this.#ready.at(-1)?.after ?? this.#served));
      }
    } catch {
      // Read again, it fails where somebody can see it.
    }
  }

  /** Reads the batch at a place. */
  #read(from: Place): ReadyBatch {
    const { sequenceLength: length } = this.#options;
    const { tokens, lasts, batch } = this.#arrays();
    const { targets, documents } = batch;
    let { order, position } = from;
    for (let row = 0; row < this.#batch; row++) {
      if (position === order.count) {
        order = new EpochOrder(order.epoch + 1, this.#options);
        position = 0;
      }
      const start = order.startOf(position++);
      const first = row * length;
      // The token after a row's inputs makes way for the next row's first one.
      this.#source.read(start, tokens.subarray(first, first + length + 1));
      lasts[row] = tokens[first + length];
      if (documents && this.#documents) {
        fillDocumentColumns(documents, row, length, this.#documents, start);
      }
    }
    targets.set(tokens.subarray(1));
    for (let row = 0; row < this.#batch; row++) {
      targets[row * length + length - 1] = lasts[row];
    }
    return { batch, after: { order, position } };
  }

  /** Arrays that nobody looks at. */
  #arrays(): Arrays {
    const most = this.#keep + this.#ahead;
    const turn = this.#turn++ % most;
    if (turn < this.#ring.length) return this.#ring[turn];
    const size = this.#batch * this.#options.sequenceLength;
    const tokens = new Uint32Array(size + 1);
    const documents: BatchDocuments | null = this.#documents && {
      starts: new Uint32Array(size),
      ends: new Uint32Array(size),
    };
    const batch: Batch = {
      inputs: tokens.subarray(0, size),
      targets: new Uint32Array(size),
      ...(documents ? { documents } : {}),
    };
    const arrays = { tokens, lasts: new Uint32Array(this.#batch), batch };
    if (most !== Infinity) this.#ring.push(arrays);
    return arrays;
  }

  #resume({ epoch, position, order: saved }: LoaderState): Place {
    const advice =
      "resume with the data, the seed and the sequence length of the saved run";
    for (
      const [name, what] of [
        ["sequenceLength", (n: number) => `sequences of ${n} tokens`],
        ["tokenCount", (n: number) => `${n} tokens to learn from`],
        ["seed", (n: number) => `the seed ${n}`],
      ] as const
    ) {
      if (saved === undefined || saved[name] === this.#options[name]) continue;
      throw new InputError(
        `Cannot resume the data: the run was saved with ${
          what(saved[name])
        } and this one has ${what(this.#options[name])}; ${advice}`,
      );
    }
    const valid = Number.isSafeInteger(epoch) && epoch >= 0;
    const order = new EpochOrder(valid ? epoch : 0, this.#options);
    if (
      !valid || !Number.isSafeInteger(position) || position < 0 ||
      position > order.count
    ) {
      throw new InputError(
        `Cannot resume the data at sequence ${position} of epoch ${epoch}: the epoch has ${order.count} sequences; ${advice}`,
      );
    }
    return { order, position };
  }
}
