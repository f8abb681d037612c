import { mix32 } from "../../mix32.ts";
import type { CharacterRule } from "./character_rule.ts";
import { WordHasher } from "./word_hasher.ts";

/** Odd factors of the rolling sums, one a lane. */
const LOW_FACTOR = 0x2c1b3c6d;
const HIGH_FACTOR = 0x297a2d39;

/**
 * The word n-grams of texts as 64-bit hashes, each from the last by a few
 * integer operations: polynomials over the words' hashes modulo 2^32, one for
 * each half, mixed. Arrays are kept from text to text.
 */
export class WordNgrams {
  /** First halves of the n-grams' hashes. */
  low: Int32Array = new Int32Array(1024);
  /** Second halves. */
  high: Int32Array = new Int32Array(1024);
  /** How many n-grams the last text had. */
  count = 0;
  readonly #size: number;
  readonly #words: WordHasher;
  readonly #lowPower: number;
  readonly #highPower: number;

  /**
   * Prepares for n-grams of a size.
   *
   * @param size Words of an n-gram, 1 or more.
   * @param rule What the characters mean.
   */
  constructor(size: number, rule: CharacterRule) {
    this.#size = size;
    this.#words = new WordHasher(rule);
    let low = 1;
    let high = 1;
    for (let i = 0; i < size; i++) {
      low = Math.imul(low, LOW_FACTOR);
      high = Math.imul(high, HIGH_FACTOR);
    }
    this.#lowPower = low;
    this.#highPower = high;
  }

  /** The words of the last text; n-gram `i` begins with word `i`. */
  get words(): WordHasher {
    return this.#words;
  }

  /**
   * Hashes the n-grams of a text, in order.
   *
   * @param text Any text.
   * @param whole Whether a text with some words, but fewer than an n-gram has,
   * counts as one n-gram.
   * @returns How many n-grams there are; the arrays hold so many.
   */
  scan(text: string, whole: boolean): number {
    const count = this.#words.scan(text);
    this.count = 0;
    if (count === 0 || (count < this.#size && !whole)) return 0;
    const size = Math.min(this.#size, count);
    const total = count - size + 1;
    if (total > this.low.length) {
      const length = Math.max(total, 2 * this.low.length);
      this.low = new Int32Array(length);
      this.high = new Int32Array(length);
    }
    const wordLow = this.#words.low;
    const wordHigh = this.#words.high;
    const { low, high } = this;
    let a = 0;
    let b = 0;
    for (let i = 0; i < count; i++) {
      a = (Math.imul(a, LOW_FACTOR) + wordLow[i]) | 0;
      b = (Math.imul(b, HIGH_FACTOR) + wordHigh[i]) | 0;
      if (i >= size) {
        a = (a - Math.imul(wordLow[i - size], this.#lowPower)) | 0;
        b = (b - Math.imul(wordHigh[i - size], this.#highPower)) | 0;
      }
      if (i < size - 1) continue;
      const mixed = mix32(a);
      low[i - size + 1] = mixed;
      high[i - size + 1] = mix32(b + mixed);
    }
    this.count = total;
    return total;
  }
}
