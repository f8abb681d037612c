import { mix32 } from "../../mix32.ts";
import { ALONE, GAP, wordTable } from "./word_table.ts";

/** How a text becomes numbers. */
export interface WordFeatureOptions {
  /** Longest run of words that is a feature, 1 … 5. */
  readonly ngrams: number;
  /** Features are counted in 2^bits buckets, 8 … 24. */
  readonly bits: number;
}

/** Some of many numbers; all others are 0. */
export interface SparseVector {
  /** Which numbers, each once. */
  readonly indices: Uint32Array;
  /** Their values; the squares sum to 1. */
  readonly values: Float32Array;
}

/** Logarithms of one plus small counts. */
const LOGARITHMS = Float64Array.from({ length: 1024 }, (_, i) => Math.log1p(i));

/**
 * Turns texts into vectors: words and runs of words are hashed into buckets
 * with a sign (Weinberger et al., "Feature Hashing for Large Scale Multitask
 * Learning", ICML 2009), counts are damped by the logarithm, and vectors have
 * length 1, so that a long text weighs no more than a short one.
 *
 * Words are runs of letters and digits in lower case, with 0 for every digit;
 * punctuation marks, and characters of scripts without gaps, are words too.
 */
export class WordFeatures {
  readonly #ngrams: number;
  readonly #shift: number;
  readonly #counts: Int32Array;
  /** Hashes of the last words, the newest at `#words % ngrams`. */
  readonly #recent: Uint32Array;
  /** Buckets that were counted in; one may stand twice. */
  #touched = new Uint32Array(4096);
  #touchedCount = 0;
  #words = 0;

  /** @throws {RangeError} If an option is outside its bounds. */
  constructor({ ngrams, bits }: WordFeatureOptions) {
    if (!(Number.isInteger(ngrams) && ngrams >= 1 && ngrams <= 5)) {
      throw new RangeError(`Cannot count runs of ${ngrams} words: give 1 … 5`);
    }
    if (!(Number.isInteger(bits) && bits >= 8 && bits <= 24)) {
      throw new RangeError(`Cannot count in 2^${bits} buckets: give 8 … 24`);
    }
    this.#ngrams = ngrams;
    this.#shift = 32 - bits;
    this.#counts = new Int32Array(2 ** bits);
    this.#recent = new Uint32Array(ngrams);
  }

  /**
   * The vector of a text.
   *
   * @param text Any text.
   * @returns Its features; none for a text without words.
   */
  vectorOf(text: string): SparseVector {
    this.#count(text);
    const indices = this.#touched.slice(0, this.#touchedCount);
    const values = new Float32Array(indices.length);
    let length = 0;
    let squares = 0;
    for (const bucket of indices) {
      const value = this.#take(bucket);
      if (value === 0) continue;
      indices[length] = bucket;
      values[length] = value;
      length++;
      squares += value * value;
    }
    const norm = Math.sqrt(squares);
    for (let i = 0; i < length; i++) values[i] /= norm;
    return {
      indices: indices.slice(0, length),
      values: values.slice(0, length),
    };
  }

  /**
   * The product of a text's vector with weights, without making the vector.
   *
   * @param text Any text.
   * @param weights One a bucket.
   * @returns The sum of values times weights; 0 for a text without words.
   */
  dot(text: string, weights: Float32Array): number {
    this.#count(text);
    let product = 0;
    let squares = 0;
    for (let i = 0; i < this.#touchedCount; i++) {
      const bucket = this.#touched[i];
      const value = this.#take(bucket);
      product += value * weights[bucket];
      squares += value * value;
    }
    return squares === 0 ? 0 : product / Math.sqrt(squares);
  }

  /** A bucket's damped count, which is cleared. */
  #take(bucket: number): number {
    const count = this.#counts[bucket];
    this.#counts[bucket] = 0;
    const size = Math.abs(count);
    const damped = size < LOGARITHMS.length
      ? LOGARITHMS[size]
      : Math.log1p(size);
    return count < 0 ? -damped : damped;
  }

  #count(text: string): void {
    const { kinds, folded } = wordTable();
    this.#touchedCount = 0;
    this.#words = 0;
    // FNV-1a over the units of a word; 0 stands for no word under way.
    let hash = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const kind = kinds[unit];
      if (kind === GAP) {
        if (hash !== 0) this.#word(hash);
        hash = 0;
      } else if (kind === ALONE) {
        if (hash !== 0) this.#word(hash);
        this.#word(Math.imul(0x811c9dc5 ^ folded[unit], 0x01000193));
        hash = 0;
      } else {
        const before = hash === 0 ? 0x811c9dc5 : hash;
        hash = Math.imul(before ^ folded[unit], 0x01000193);
      }
    }
    if (hash !== 0) this.#word(hash);
  }

  /** Counts a word, and the runs of words that end with it. */
  #word(hash: number): void {
    const ngrams = this.#ngrams;
    const word = mix32(hash);
    this.#add(word);
    let run = word;
    const before = Math.min(ngrams - 1, this.#words);
    for (let back = 1; back <= before; back++) {
      const earlier = this.#recent[(this.#words - back) % ngrams];
      run = mix32(Math.imul(run, 0x9e3779b1) + earlier);
      this.#add(run);
    }
    this.#recent[this.#words % ngrams] = word;
    this.#words++;
  }

  /** The high bits choose the bucket, the lowest the sign. */
  #add(hash: number): void {
    const bucket = hash >>> this.#shift;
    if (this.#counts[bucket] === 0) {
      if (this.#touchedCount === this.#touched.length) {
        const longer = new Uint32Array(2 * this.#touched.length);
        longer.set(this.#touched);
        this.#touched = longer;
      }
      this.#touched[this.#touchedCount++] = bucket;
    }
    this.#counts[bucket] += (hash & 1) === 0 ? 1 : -1;
  }
}
