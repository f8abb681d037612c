import { Random } from "../random.ts";
import type { DocumentTokens } from "../shard/piece_stream.ts";

/** Tokens gathered before they are packed, unless told. */
const GROUP_TOKENS = 1 << 24;

/** Options of {@linkcode BestFitPacker}. */
export interface BestFitOptions {
  /** T, the tokens of a context. */
  readonly context: number;
  /** Fills what stays free of a context: the end-of-text token. */
  readonly padding: number;
  /** Chooses the order of the contexts. */
  readonly seed: number;
  /**
   * Tokens gathered before they are packed; bounds memory at 4 bytes each.
   *
   * @default 16 Mi, but 64 contexts at least
   */
  readonly groupTokens?: number;
}

/**
 * Packs documents into contexts of T tokens so that none is cut that need not
 * be: a document longer than T is split into pieces of T and a rest, and all
 * pieces go, the longest first, each into the fullest context that has room
 * for it (best-fit decreasing; Ding et al. 2024, "Fewer Truncations Improve
 * Language Modeling", arXiv:2404.10830). The free room of each
 * length is kept in a table, so that a piece is placed in time that depends on
 * T alone.
 */
export class BestFitPacker {
  readonly #context: number;
  readonly #padding: number;
  readonly #random: Random;
  readonly #gathered: Uint32Array;
  /** Ends of the pieces in what is gathered. */
  #ends: number[] = [];
  #filled = 0;

  /**
   * Starts empty.
   *
   * @param options Length of a context, padding, seed, memory.
   * @throws {RangeError} If the context has fewer than 2 tokens.
   */
  constructor(options: BestFitOptions) {
    const { context, padding, seed } = options;
    if (!Number.isSafeInteger(context) || context < 2) {
      throw new RangeError(
        `Cannot pack contexts of ${context} tokens: the length has to be at least 2`,
      );
    }
    this.#context = context;
    this.#padding = padding;
    this.#random = new Random(`best fit/${seed}`);
    this.#gathered = new Uint32Array(
      Math.max(options.groupTokens ?? GROUP_TOKENS, 64 * context),
    );
  }

  /**
   * Takes a document.
   *
   * @param document Its tokens, the end-of-text token among them.
   * @returns Contexts that are full now; none until enough is gathered.
   */
  *add(document: Uint32Array): Generator<DocumentTokens> {
    for (let start = 0; start < document.length; start += this.#context) {
      const piece = document.subarray(start, start + this.#context);
      if (this.#filled + piece.length > this.#gathered.length) {
        yield* this.flush();
      }
      this.#gathered.set(piece, this.#filled);
      this.#filled += piece.length;
      this.#ends.push(this.#filled);
    }
  }

  /**
   * Packs what is gathered.
   *
   * @returns The contexts, in random order, each with the ends of its pieces;
   * padding counts as one.
   */
  *flush(): Generator<DocumentTokens> {
    const ends = this.#ends;
    const starts = ends.map((_, i) => i === 0 ? 0 : ends[i - 1]);
    const lengths = ends.map((end, i) => end - starts[i]);
    const contexts = fitBest(lengths, this.#context);
    for (const pieces of this.#random.shuffle(contexts)) {
      const tokens = new Uint32Array(this.#context).fill(this.#padding);
      const inside: number[] = [];
      let at = 0;
      for (const piece of pieces) {
        tokens.set(this.#gathered.subarray(starts[piece], ends[piece]), at);
        at += lengths[piece];
        inside.push(at);
      }
      if (at < tokens.length) inside.push(tokens.length);
      yield { tokens, ends: inside };
    }
    this.#ends = [];
    this.#filled = 0;
  }
}

/** Which pieces go together: best-fit decreasing. */
function fitBest(lengths: readonly number[], capacity: number): number[][] {
  const rooms = new Rooms(capacity);
  const contexts: number[][] = [];
  for (const piece of longestFirst(lengths, capacity)) {
    const length = lengths[piece];
    const found = rooms.take(length);
    const context = found?.context ?? contexts.length;
    if (found === null) contexts.push([]);
    contexts[context].push(piece);
    rooms.give((found?.room ?? capacity) - length, context);
  }
  return contexts;
}

/** Indices by falling length, equal ones in order, by counting. */
function longestFirst(
  lengths: readonly number[],
  capacity: number,
): Uint32Array {
  const starts = new Uint32Array(capacity + 2);
  for (const length of lengths) starts[capacity - length + 1]++;
  for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
  const order = new Uint32Array(lengths.length);
  for (const [i, length] of lengths.entries()) {
    order[starts[capacity - length]++] = i;
  }
  return order;
}

/** Contexts by the room left in them. */
class Rooms {
  readonly #byRoom: number[][];
  /** A bit for each room of which there are contexts. */
  readonly #present: Uint32Array;

  constructor(capacity: number) {
    this.#byRoom = Array.from({ length: capacity + 1 }, () => []);
    this.#present = new Uint32Array((capacity >>> 5) + 1);
  }

  give(room: number, context: number): void {
    if (room === 0) return;
    this.#byRoom[room].push(context);
    this.#present[room >>> 5] |= 1 << (room & 31);
  }

  /** Takes a context with the least room that is enough. */
  take(length: number): { room: number; context: number } | null {
    let word = length >>> 5;
    let bits = this.#present[word] & (-1 << (length & 31));
    while (bits === 0) {
      word++;
      if (word >= this.#present.length) return null;
      bits = this.#present[word];
    }
    // The lowest bit that is set.
    const room = (word << 5) + 31 - Math.clz32(bits & -bits);
    const contexts = this.#byRoom[room];
    const context = contexts.pop();
    if (context === undefined) return null;
    if (contexts.length === 0) {
      this.#present[word] &= ~(1 << (room & 31));
    }
    return { room, context };
  }
}
