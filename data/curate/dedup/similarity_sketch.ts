import { mix32 } from "../../mix32.ts";

/** Bins of a sketch, a power of two. */
const BINS = 512;
const BIN_SHIFT = 23;

/** Values of a byte that stand for a hash; 0 stands for an empty bin. */
const VALUES = 255;

const EMPTY = 0xffffffff;

/**
 * Sketches of sets of 64-bit hashes, a byte for each of 512 bins: the first
 * half of a hash chooses the bin, the least second half of each bin is kept
 * (Li, Owen and Zhang, "One permutation hashing", arXiv:1208.1259) as a hash of
 * 255 values (Li and König, "b-bit minwise hashing", arXiv:0910.3349).
 *
 * One operation a hash gives what hundreds of permutations would: the standard
 * deviation of an estimate of s is about √(s(1 − s)/512) for large sets, at
 * most .022, and less for small ones.
 */
export class SimilaritySketcher {
  readonly #least: Uint32Array = new Uint32Array(BINS);

  /** Bytes of a sketch. */
  static readonly bytes: number = BINS;

  /**
   * Sketches a set.
   *
   * @param low First halves of the hashes, repetitions allowed.
   * @param high Second halves.
   * @param count How many there are.
   * @param sketch Takes the result, {@linkcode SimilaritySketcher.bytes} long.
   */
  sketch(
    low: Int32Array,
    high: Int32Array,
    count: number,
    sketch: Uint8Array,
  ): void {
    const least = this.#least.fill(EMPTY);
    for (let i = 0; i < count; i++) {
      const bin = low[i] >>> BIN_SHIFT;
      const value = high[i] >>> 0;
      if (value < least[bin]) least[bin] = value;
    }
    for (let bin = 0; bin < BINS; bin++) {
      const value = least[bin];
      sketch[bin] = value === EMPTY ? 0 : 1 + mix32(value) % VALUES;
    }
  }

  /**
   * Estimates the Jaccard similarity of two sets.
   *
   * @param a Sketch of one.
   * @param b Sketch of the other.
   * @returns The estimate, 0 … 1; 0 where either is empty.
   */
  static similarity(a: Uint8Array, b: Uint8Array): number {
    let used = 0;
    let shared = 0;
    let equal = 0;
    for (let bin = 0; bin < BINS; bin++) {
      if ((a[bin] | b[bin]) === 0) continue;
      used++;
      if (a[bin] === 0 || b[bin] === 0) continue;
      shared++;
      if (a[bin] === b[bin]) equal++;
    }
    if (shared === 0) return 0;
    // Different hashes have the same byte once in 255 times.
    const same = (equal - shared / VALUES) / (1 - 1 / VALUES);
    return Math.max(0, same / used);
  }
}
