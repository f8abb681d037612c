import { Heap } from "../../heap.ts";
import { PairTable } from "./pair_table.ts";
import type { PackedCounts } from "./piece_counts.ts";

/** Which of equally frequent pairs is merged first. */
export type Ties = "ids" | "bytes";

/** How merges are learnt. */
export interface LearnOptions {
  /** Id of each byte. */
  readonly byteIds: ArrayLike<number>;
  /** The first free id: merged tokens get it and those after it. */
  readonly firstId: number;
  /** Ids at most, the ones below `firstId` included. */
  readonly vocabSize: number;
  /** Pairs that come less often are not merged. */
  readonly minFrequency: number;
  /**
   * `ids`: the least pair of ids, as Hugging Face's trainer has it; `bytes`:
   * the greatest pair of byte strings.
   */
  readonly ties: Ties;
  /** Told now and then how many tokens there are. */
  readonly onProgress?: (tokens: number) => void;
}

/** One merge: two tokens become one. */
export interface LearntMerge {
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

/** What was learnt. */
export interface LearntMerges {
  /** The merges in the order in which they are to be applied. */
  readonly merges: readonly LearntMerge[];
  /** Bytes of each token from `firstId` on. */
  readonly tokens: readonly Uint8Array[];
  /** Tokens that the counted text now has. */
  readonly length: number;
}

/** A pair in the queue, with the places where it came up. */
interface Candidate {
  readonly pair: number;
  readonly left: number;
  readonly right: number;
  /** As of when it was queued; looked up again when its turn comes. */
  count: number;
  readonly places: ArrayLike<number>;
}

/**
 * Learns a byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): again
 * and again the most frequent pair of neighbours becomes a token. Every place
 * of a pair is known, and a merge makes the text one token shorter, so the time
 * grows with the length of the distinct pre-tokens and not with its product
 * with the number of merges.
 *
 * @param pieces Distinct pre-tokens and how often each comes.
 * @param options The ids, and when to stop.
 * @returns The merges, fewer than asked for where nothing is left to merge.
 */
export function learnMerges(
  pieces: PackedCounts,
  options: LearnOptions,
): LearntMerges {
  return new Learner(pieces, options).run();
}

/** Gives every byte a character of its own. */
const ONE_TO_ONE = new TextDecoder("latin1");

class Learner {
  readonly #options: LearnOptions;
  /** Ids; −1 where a token was merged into the one before it. */
  readonly #ids: Int32Array;
  /** Places of the neighbours; −1 at the ends of a pre-token. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** Number of the pre-token at each place. */
  readonly #owner: Int32Array;
  readonly #counts: Float64Array;
  readonly #pairs = new PairTable();
  /** Count of each pair, as Hugging Face's trainer keeps it. */
  #pairCounts = new Float64Array(1 << 14);
  /** Bytes of each id. */
  readonly #bytes: Uint8Array[] = [];
  /** Places where pairs came up in the merge at hand. */
  readonly #created = new Map<number, number[]>();
  readonly #queue: Heap<Candidate>;

  constructor(pieces: PackedCounts, options: LearnOptions) {
    this.#options = options;
    const { bytes, lengths, counts } = pieces;
    this.#counts = counts;
    this.#ids = Int32Array.from(bytes, (byte) => options.byteIds[byte]);
    this.#next = new Int32Array(bytes.length);
    this.#previous = new Int32Array(bytes.length);
    this.#owner = new Int32Array(bytes.length);
    for (let byte = 0; byte < 256; byte++) {
      this.#bytes[options.byteIds[byte]] = Uint8Array.of(byte);
    }
    this.#queue = new Heap(
      options.ties === "ids"
        ? (a, b) =>
          a.count > b.count || (a.count === b.count &&
            (a.left < b.left || (a.left === b.left && a.right < b.right)))
        : (a, b) =>
          a.count > b.count || (a.count === b.count && this.#greater(a, b)),
    );
    let at = 0;
    for (let piece = 0; piece < lengths.length; piece++) {
      const end = at + lengths[piece];
      for (let place = at; place < end; place++) {
        this.#owner[place] = piece;
        this.#previous[place] = place === at ? -1 : place - 1;
        this.#next[place] = place + 1 === end ? -1 : place + 1;
      }
      at = end;
    }
  }

  run(): LearntMerges {
    const { firstId, vocabSize, minFrequency, onProgress } = this.#options;
    this.#queueFirst();
    const merges = new Map<number, LearntMerge>();
    const known = new Map<string, number>();
    let length = 0;
    for (let piece = 0; piece < this.#owner.length; piece++) {
      length += this.#counts[this.#owner[piece]];
    }
    let size = firstId;
    while (size < vocabSize) {
      const top = this.#queue.pop();
      if (top === undefined) break;
      const count = this.#pairCounts[top.pair];
      if (top.count !== count) {
        top.count = count;
        this.#queue.push(top);
        continue;
      }
      if (count < Math.max(1, minFrequency)) break;
      const bytes = concat(this.#bytes[top.left], this.#bytes[top.right]);
      // Two different pairs can spell the same token, which stays one.
      const spelling = ONE_TO_ONE.decode(bytes);
      let merged = known.get(spelling);
      if (merged === undefined) {
        merged = size++;
        known.set(spelling, merged);
        this.#bytes[merged] = bytes;
      }
      merges.delete(top.pair);
      merges.set(top.pair, { left: top.left, right: top.right, merged });
      length -= this.#merge(top, merged);
      if (size % 256 === 0) onProgress?.(size);
    }
    return {
      merges: [...merges.values()],
      tokens: this.#bytes.slice(firstId),
      length,
    };
  }

  /** Counts the pairs of bytes and queues them with their places. */
  #queueFirst(): void {
    const total = this.#ids.length;
    const pairAt = new Int32Array(total).fill(-1);
    for (let at = 0; at < total; at++) {
      if (this.#next[at] < 0) continue;
      const pair = this.#pair(this.#ids[at], this.#ids[at + 1]);
      this.#pairCounts[pair] += this.#counts[this.#owner[at]];
      pairAt[at] = pair;
    }
    const starts = new Int32Array(this.#pairs.size + 1);
    for (const pair of pairAt) if (pair >= 0) starts[pair + 1]++;
    for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
    const places = new Int32Array(starts[starts.length - 1]);
    const filled = starts.slice();
    for (let at = 0; at < total; at++) {
      if (pairAt[at] >= 0) places[filled[pairAt[at]]++] = at;
    }
    for (let pair = 0; pair < this.#pairs.size; pair++) {
      this.#offer(pair, places.subarray(starts[pair], starts[pair + 1]));
    }
  }

  /** @returns How many tokens fewer the text has. */
  #merge({ left, right, places }: Candidate, merged: number): number {
    const [ids, next, previous] = [this.#ids, this.#next, this.#previous];
    const created = this.#created;
    created.clear();
    let fewer = 0;
    for (let i = 0; i < places.length; i++) {
      const at = places[i];
      // Places outlive their pairs; from left to right as `aaa` demands.
      const second = next[at];
      if (ids[at] !== left || second < 0 || ids[second] !== right) continue;
      const count = this.#counts[this.#owner[at]];
      fewer += count;
      const [before, after] = [previous[at], next[second]];
      ids[at] = merged;
      ids[second] = -1;
      next[at] = after;
      if (after >= 0) previous[after] = at;
      if (before >= 0) {
        this.#pairCounts[this.#pair(ids[before], left)] -= count;
        this.#create(this.#pair(ids[before], merged), before, count);
      }
      if (after >= 0) {
        this.#pairCounts[this.#pair(right, ids[after])] -= count;
        this.#create(this.#pair(merged, ids[after]), at, count);
      }
    }
    for (const [pair, at] of created) this.#offer(pair, at);
    return fewer;
  }

  #create(pair: number, at: number, count: number): void {
    this.#pairCounts[pair] += count;
    const places = this.#created.get(pair);
    if (places === undefined) this.#created.set(pair, [at]);
    else places.push(at);
  }

  #offer(pair: number, places: ArrayLike<number>): void {
    const count = this.#pairCounts[pair];
    if (count <= 0) return;
    const left = this.#pairs.left(pair);
    const right = this.#pairs.right(pair);
    this.#queue.push({ pair, left, right, count, places });
  }

  #pair(left: number, right: number): number {
    const pair = this.#pairs.add(left, right);
    if (pair === this.#pairCounts.length) {
      const grown = new Float64Array(2 * pair);
      grown.set(this.#pairCounts);
      this.#pairCounts = grown;
    }
    return pair;
  }

  #greater(a: Candidate, b: Candidate): boolean {
    const order = compare(this.#bytes[a.left], this.#bytes[b.left]) ||
      compare(this.#bytes[a.right], this.#bytes[b.right]);
    return order > 0;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
