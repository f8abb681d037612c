import { ByteStrings } from "./byte_strings.ts";
import type { NextPiece } from "./split.ts";

/** Counts of pre-tokens in a form that workers can hand over. */
export interface PackedCounts {
  /** The distinct pre-tokens' bytes, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Length of each. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  /** How often each comes. */
  readonly counts: Float64Array<ArrayBuffer>;
}

/** How often each pre-token comes in a corpus. */
export class PieceCounts {
  #strings = new ByteStrings();
  #counts = new Float64Array(1 << 11);
  #pruned = 0;

  /** Distinct pre-tokens. */
  get size(): number {
    return this.#strings.size;
  }

  /** Occurrences that {@linkcode PieceCounts.prune} left out. */
  get pruned(): number {
    return this.#pruned;
  }

  /**
   * Counts the pre-tokens of a text.
   *
   * @param bytes Well-formed UTF-8.
   * @param next Where pre-tokens end.
   */
  addText(bytes: Uint8Array, next: NextPiece): void {
    for (let at = 0; at < bytes.length;) {
      const end = next(bytes, at, bytes.length);
      this.#add(bytes, at, end, 1);
      at = end;
    }
  }

  /** Adds what was counted elsewhere. */
  addPacked({ bytes, lengths, counts }: PackedCounts): void {
    let at = 0;
    for (let i = 0; i < lengths.length; i++) {
      this.#add(bytes, at, at + lengths[i], counts[i]);
      at += lengths[i];
    }
  }

  /**
   * Keeps memory bounded: while there are more than `limit` distinct
   * pre-tokens, or more than eight times as many bytes of them, those that come
   * least often are left out.
   */
  prune(limit: number): void {
    for (
      let least = 1;
      this.size > limit || this.#strings.byteLength > 8 * limit;
      least++
    ) {
      const { bytes, lengths, counts } = this.pack();
      this.#strings = new ByteStrings();
      let at = 0;
      for (let i = 0; i < lengths.length; i++) {
        const end = at + lengths[i];
        if (counts[i] > least) this.#add(bytes, at, end, counts[i]);
        else this.#pruned += counts[i];
        at = end;
      }
    }
  }

  /** @returns The counts; what is counted later does not change them. */
  pack(): PackedCounts {
    const { size, bytes } = this.#strings;
    const lengths = new Uint32Array(size);
    for (let i = 0; i < size; i++) {
      lengths[i] = this.#strings.end(i) - this.#strings.start(i);
    }
    return {
      bytes: new Uint8Array(bytes),
      lengths,
      counts: this.#counts.slice(0, size),
    };
  }

  #add(
    bytes: Uint8Array,
    start: number,
    end: number,
    count: number,
  ): void {
    const known = this.#strings.size;
    const index = this.#strings.add(bytes, start, end);
    if (index < known) {
      this.#counts[index] += count;
      return;
    }
    if (index === this.#counts.length) {
      const grown = new Float64Array(2 * index);
      grown.set(this.#counts);
      this.#counts = grown;
    }
    this.#counts[index] = count;
  }
}
