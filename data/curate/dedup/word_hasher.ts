import { mix32 } from "../../mix32.ts";
import {
  type CharacterRule,
  LETTER,
  SEPARATOR,
  WORD,
} from "./character_rule.ts";

const FIRST_SEED = 0x811c9dc5 | 0;
const SECOND_SEED = 0x2f0b4c47;
const FIRST_FACTOR = 0x01000193;
const SECOND_FACTOR = 0x9e3779b1 | 0;

/**
 * Cuts texts into words and hashes each to 64 bits, without making a string of
 * any. Arrays are kept from text to text and grow to the longest.
 */
export class WordHasher {
  /** First halves of the words' hashes. */
  low: Int32Array = new Int32Array(1024);
  /** Second halves. */
  high: Int32Array = new Int32Array(1024);
  /** Where each word begins in the text, in UTF-16 units. */
  starts: Uint32Array = new Uint32Array(1024);
  /** Where each word ends. */
  ends: Uint32Array = new Uint32Array(1024);
  readonly #rule: CharacterRule;

  /** @param rule What the characters mean. */
  constructor(rule: CharacterRule) {
    this.#rule = rule;
  }

  /**
   * Hashes the words of a text.
   *
   * @param text Any text.
   * @param from First unit to look at.
   * @param to Unit after the last.
   * @returns How many words there are; the arrays hold so many.
   */
  scan(text: string, from: number = 0, to: number = text.length): number {
    const { known } = this.#rule;
    let count = 0;
    let first = FIRST_SEED;
    let second = SECOND_SEED;
    // Negative while no word has begun.
    let start = -1;
    for (let i = from; i < to; i++) {
      const unit = text.charCodeAt(i);
      const seen = known[unit];
      const kind = seen === 0 ? this.#rule.decide(unit) : seen;
      if (kind < SEPARATOR + (1 << 16)) {
        if (start < 0) continue;
        this.#put(count++, first, second, start, i);
        first = FIRST_SEED;
        second = SECOND_SEED;
        start = -1;
        continue;
      }
      if (kind < LETTER) continue;
      if (kind >= WORD && start >= 0) {
        this.#put(count++, first, second, start, i);
        first = FIRST_SEED;
        second = SECOND_SEED;
        start = -1;
      }
      if (start < 0) start = i;
      first = Math.imul(first ^ (kind & 0xffff), FIRST_FACTOR);
      second = Math.imul(second ^ (kind & 0xffff), SECOND_FACTOR);
      second ^= second >>> 15;
      if (kind >= WORD) {
        this.#put(count++, first, second, start, i + 1);
        first = FIRST_SEED;
        second = SECOND_SEED;
        start = -1;
      }
    }
    if (start >= 0) this.#put(count++, first, second, start, to);
    return count;
  }

  #put(
    index: number,
    first: number,
    second: number,
    start: number,
    end: number,
  ): void {
    if (index === this.low.length) this.#grow();
    const low = mix32(first);
    this.low[index] = low;
    this.high[index] = mix32(second + low);
    this.starts[index] = start;
    this.ends[index] = end;
  }

  #grow(): void {
    const length = 2 * this.low.length;
    const { low, high, starts, ends } = this;
    this.low = new Int32Array(length);
    this.high = new Int32Array(length);
    this.starts = new Uint32Array(length);
    this.ends = new Uint32Array(length);
    this.low.set(low);
    this.high.set(high);
    this.starts.set(starts);
    this.ends.set(ends);
  }
}
