import { mix32 } from "../../mix32.ts";
import { Random } from "../../random.ts";
import { DUPLICATE_RULE } from "./character_rule.ts";
import { WordNgrams } from "./word_ngrams.ts";

/** What a MinHash signature is made of. */
export interface MinhashShape {
  /** Words of an n-gram. */
  readonly words: number;
  /** Buckets that a document falls into. */
  readonly buckets: number;
  /** Hashes that have to be equal for two documents to share a bucket. */
  readonly hashes: number;
}

/**
 * MinHash signatures of texts (Broder, "On the resemblance and containment of
 * documents", SEQUENCES 1997): the share of places in which two are equal
 * estimates the Jaccard similarity of the texts' sets of word n-grams, with a
 * standard deviation of √(s(1 − s)/places).
 *
 * Each place is the least value of a·x + c·y + b modulo 2^32 over the n-grams'
 * 64-bit hashes (x, y), compared as signed integers; a, b, c are drawn once and
 * for all, so that signatures of all runs can be compared.
 */
export class MinhashSigner {
  /** The signature of the last text, bucket by bucket. */
  readonly signature: Int32Array;
  /** Hashes of a bucket of the last text, as {@linkcode bucket} left them. */
  readonly key: Uint32Array = new Uint32Array(2);
  /** The n-grams of the last text. */
  readonly ngrams: WordNgrams;
  readonly #hashes: number;
  /** Factors a and c and summand b of each place, in groups of four places. */
  readonly #factors: Int32Array;

  /** @param shape Of the signatures. */
  constructor(shape: MinhashShape) {
    const places = shape.buckets * shape.hashes;
    this.ngrams = new WordNgrams(shape.words, DUPLICATE_RULE);
    this.#hashes = shape.hashes;
    this.signature = new Int32Array(places);
    // Places are computed four at a time; the last ones may be left over.
    this.#factors = new Int32Array(12 * Math.ceil(places / 4));
    const random = new Random("minhash");
    for (let place = 0; place < places; place++) {
      const at = 12 * (place >> 2) + (place & 3);
      this.#factors[at] = random.bits32() | 1;
      this.#factors[at + 4] = random.bits32() | 1;
      this.#factors[at + 8] = random.bits32();
    }
  }

  /**
   * Signs a text. One with fewer words than an n-gram counts as a single
   * n-gram.
   *
   * @param text Any text.
   * @returns Whether it has a word; without one there is no signature.
   */
  sign(text: string): boolean {
    const count = this.ngrams.scan(text, true);
    if (count === 0) return false;
    const places = this.signature.length;
    for (let place = 0; place < places; place += 4) {
      this.#leastOfFour(place, count);
    }
    return true;
  }

  /**
   * Hashes what two documents of a bucket have in common.
   *
   * @param bucket Number of the bucket.
   * @returns Two 32-bit integers, overwritten by the next call; they differ
   * between buckets.
   */
  bucket(bucket: number): Uint32Array {
    let first = mix32(bucket + 1);
    let second = mix32(~bucket);
    const start = bucket * this.#hashes;
    for (let i = start; i < start + this.#hashes; i++) {
      first = Math.imul(first ^ this.signature[i], 0x85ebca6b);
      first ^= first >>> 15;
      second = Math.imul(second + this.signature[i], 0xc2b2ae35);
      second ^= second >>> 16;
    }
    this.key[0] = mix32(first);
    this.key[1] = mix32(second);
    return this.key;
  }

  #leastOfFour(place: number, count: number): void {
    const { low, high } = this.ngrams;
    const f = this.#factors;
    const at = 3 * place;
    const a0 = f[at], a1 = f[at + 1], a2 = f[at + 2], a3 = f[at + 3];
    const c0 = f[at + 4], c1 = f[at + 5], c2 = f[at + 6], c3 = f[at + 7];
    const b0 = f[at + 8], b1 = f[at + 9], b2 = f[at + 10], b3 = f[at + 11];
    let m0 = 0x7fffffff, m1 = m0, m2 = m0, m3 = m0;
    for (let i = 0; i < count; i++) {
      const x = low[i];
      const y = high[i];
      const v0 = (Math.imul(a0, x) + Math.imul(c0, y) + b0) | 0;
      const v1 = (Math.imul(a1, x) + Math.imul(c1, y) + b1) | 0;
      const v2 = (Math.imul(a2, x) + Math.imul(c2, y) + b2) | 0;
      const v3 = (Math.imul(a3, x) + Math.imul(c3, y) + b3) | 0;
      if (v0 < m0) m0 = v0;
      if (v1 < m1) m1 = v1;
      if (v2 < m2) m2 = v2;
      if (v3 < m3) m3 = v3;
    }
    // Writes beyond the end of a typed array are without effect.
    this.signature[place] = m0;
    this.signature[place + 1] = m1;
    this.signature[place + 2] = m2;
    this.signature[place + 3] = m3;
  }
}
