import { mergeInOrder } from "../merge_in_order.ts";
import type { ByteLevelModel } from "./byte_level_model.ts";
import { ByteStrings } from "./byte_strings.ts";
import type { NextPiece } from "./split.ts";

/** Pre-tokens whose ids are remembered; some 10 MB. */
const CACHE_PIECES = 1 << 17;
/** Longer ones hardly come twice. */
const CACHE_BYTES = 64;
/** Up to this many bytes, looking at all pairs beats a heap. */
const SCAN_BYTES = 64;
const NONE = 0x7fffffff;

/**
 * Turns text into the tokens of a byte-level byte-pair vocabulary: UTF-8 in
 * one array, pre-tokens as ranges of it, and what they become remembered
 * without an object for any.
 */
export class ByteLevelEncoder {
  readonly #model: ByteLevelModel;
  readonly #next: NextPiece;
  readonly #utf8 = new TextEncoder();
  #bytes = new Uint8Array(1 << 16);
  #ids = new Uint32Array(1 << 16);
  #length = 0;
  readonly #known = new ByteStrings();
  /** Ids of the known pre-tokens, one after the other. */
  #knownIds = new Uint32Array(1 << 16);
  readonly #knownEnds = new Uint32Array(CACHE_PIECES);
  /** The tokens of a short pre-token, and the pairs they make. */
  readonly #parts = new Int32Array(SCAN_BYTES + 1);
  readonly #pairs = new Int32Array(SCAN_BYTES + 1);

  /**
   * @param model The vocabulary.
   * @param next How text is cut into pre-tokens.
   */
  constructor(model: ByteLevelModel, next: NextPiece) {
    this.#model = model;
    this.#next = next;
  }

  /** Begins a new result. */
  begin(): void {
    this.#length = 0;
  }

  /** @param id Goes to the end of the result. */
  push(id: number): void {
    this.#reserve(1);
    this.#ids[this.#length++] = id;
  }

  /** @returns The result. */
  result(): Uint32Array {
    return this.#ids.slice(0, this.#length);
  }

  /**
   * Appends the tokens of a text to the result.
   *
   * @param text Any text; lone surrogates become U+FFFD.
   */
  add(text: string): void {
    if (3 * text.length > this.#bytes.length) {
      this.#bytes = new Uint8Array(6 * text.length);
    }
    const bytes = this.#bytes;
    const { written } = this.#utf8.encodeInto(text, bytes);
    // A byte has one token at most.
    this.#reserve(written);
    const known = this.#known;
    const next = this.#next;
    for (let at = 0; at < written;) {
      const end = next(bytes, at, written);
      if (end - at > CACHE_BYTES) {
        this.#encode(bytes, at, end);
      } else {
        if (known.size === CACHE_PIECES) known.clear();
        const size = known.size;
        const piece = known.add(bytes, at, end);
        if (piece === size) this.#learn(piece, at, end);
        else {
          const to = this.#knownEnds[piece];
          let from = piece === 0 ? 0 : this.#knownEnds[piece - 1];
          while (from < to) this.#ids[this.#length++] = this.#knownIds[from++];
        }
      }
      at = end;
    }
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#ids.length) return;
    const grown = new Uint32Array(2 * needed);
    grown.set(this.#ids.subarray(0, this.#length));
    this.#ids = grown;
  }

  #learn(piece: number, at: number, end: number): void {
    const from = this.#length;
    this.#encode(this.#bytes, at, end);
    const start = piece === 0 ? 0 : this.#knownEnds[piece - 1];
    const stop = start + this.#length - from;
    if (stop > this.#knownIds.length) {
      const grown = new Uint32Array(2 * stop);
      grown.set(this.#knownIds);
      this.#knownIds = grown;
    }
    for (let i = from; i < this.#length; i++) {
      this.#knownIds[start + i - from] = this.#ids[i];
    }
    this.#knownEnds[piece] = stop;
  }

  #encode(bytes: Uint8Array, at: number, end: number): void {
    const { whole } = this.#model;
    if (whole !== null) {
      const found = whole.strings.find(bytes, at, end);
      if (found >= 0) {
        this.#ids[this.#length++] = whole.ids[found];
        return;
      }
    }
    if (end - at <= SCAN_BYTES) this.#mergeShort(bytes, at, end);
    else this.#mergeLong(bytes, at, end);
  }

  /** Merges the leftmost pair of the lowest rank until there is none. */
  #mergeShort(bytes: Uint8Array, at: number, end: number): void {
    const { byteIds, pairs, ranks, merged } = this.#model;
    const [parts, found] = [this.#parts, this.#pairs];
    let count = end - at;
    for (let i = 0; i < count; i++) parts[i] = byteIds[bytes[at + i]];
    for (let i = 0; i + 1 < count; i++) {
      found[i] = pairs.find(parts[i], parts[i + 1]);
    }
    for (;;) {
      let best = -1;
      let rank = NONE;
      for (let i = 0; i + 1 < count; i++) {
        const pair = found[i];
        if (pair >= 0 && ranks[pair] < rank) {
          rank = ranks[pair];
          best = i;
        }
      }
      if (best < 0) break;
      parts[best] = merged[found[best]];
      count--;
      for (let i = best + 1; i < count; i++) {
        parts[i] = parts[i + 1];
        found[i] = found[i + 1];
      }
      if (best > 0) {
        found[best - 1] = pairs.find(parts[best - 1], parts[best]);
      }
      if (best + 1 < count) {
        found[best] = pairs.find(parts[best], parts[best + 1]);
      }
    }
    for (let i = 0; i < count; i++) this.#ids[this.#length++] = parts[i];
  }

  /** The same in time that grows hardly faster than the pre-token. */
  #mergeLong(bytes: Uint8Array, at: number, end: number): void {
    const { byteIds, pairs, ranks, merged } = this.#model;
    const start = bytes.subarray(at, end);
    const ids = mergeInOrder(
      Int32Array.from(start, (byte) => byteIds[byte]),
      (left, right) => {
        const pair = pairs.find(left, right);
        return pair < 0 ? null : { rank: ranks[pair], merged: merged[pair] };
      },
    );
    for (const id of ids) this.#ids[this.#length++] = id;
  }
}
