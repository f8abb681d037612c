import { mix32 } from "./mix32.ts";
import type { RandomState } from "./random_state.ts";

/**
 * The project's one source of seeded randomness: xoshiro128** of Blackman and
 * Vigna ("Scrambled Linear Pseudorandom Number Generators", arXiv:1805.01407),
 * period 2^128 − 1. The same seed gives the same sequence on every machine.
 * Not for secrets.
 *
 * @example
 * ```ts
 * import { Random } from "@minnow/minnow";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const random = new Random("weights/7");
 * const die = random.integer(6) + 1;
 * assert(die >= 1 && die <= 6);
 *
 * const twin = new Random("weights/7");
 * twin.state = random.state;
 * assertEquals(twin.normal(), random.normal());
 * ```
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spareNormal: number | null = null;

  /**
   * Starts the sequence of a seed.
   *
   * @param seed Any text, or a number, which counts as its decimal text. Seeds
   * such as `"7/init"` and `"7/order"` give unrelated sequences.
   */
  constructor(seed: number | string) {
    [this.#a, this.#b, this.#c, this.#d] = wordsFromSeed(String(seed));
  }

  /**
   * Draws 32 bits.
   *
   * @returns The next 32 random bits as an integer in 0 … 2^32 − 1.
   */
  bits32(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /**
   * Draws a fraction.
   *
   * @returns A number in [0, 1), uniform over the multiples of 2^−53.
   */
  uniform(): number {
    const high = this.bits32() >>> 5;
    const low = this.bits32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  /**
   * Draws an integer.
   *
   * @param below Upper bound, an integer in 1 … 2^53 − 1.
   * @returns An integer in 0 … `below` − 1, every one equally likely.
   * @throws {RangeError} If `below` is not such an integer.
   */
  integer(below: number): number {
    if (!Number.isSafeInteger(below) || below < 1) {
      throw new RangeError(
        `Cannot draw an integer below ${below}: the bound must be an integer of at least 1`,
      );
    }
    if (below > 0x100000000) return Math.floor(this.uniform() * below);
    // Values past the last whole multiple of `below` would favour small
    // results, so they are drawn again.
    const limit = 0x100000000 - (0x100000000 % below);
    let bits = this.bits32();
    while (bits >= limit) bits = this.bits32();
    return bits % below;
  }

  /**
   * Draws from the standard normal distribution, by Marsaglia's polar method
   * (SIAM Review 6, 1964).
   *
   * @returns A number of mean 0 and variance 1.
   */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt(-2 * Math.log(square) / square);
      this.#spareNormal = y * scale;
      return x * scale;
    }
  }

  /**
   * Chooses one of several things.
   *
   * @param items What to choose from.
   * @returns One of `items`, every one equally likely.
   * @throws {RangeError} If there are none.
   */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) {
      throw new RangeError("Cannot pick from an empty list");
    }
    return items[this.integer(items.length)] as T;
  }

  /**
   * Puts `items` into a random order in place, by Fisher and Yates' method.
   *
   * @param items The list to reorder.
   * @returns The same list.
   */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = items[i] as T;
      items[i] = items[j] as T;
      items[j] = kept;
    }
    return items;
  }

  /** Where the sequence stands; assign a saved one to go on from there. */
  get state(): RandomState {
    return {
      words: [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0],
      spareNormal: this.#spareNormal,
    };
  }

  /** @throws {RangeError} If the words are not 32-bit integers or all zero. */
  set state(state: RandomState) {
    const { words, spareNormal } = state;
    const valid = words.length === 4 &&
      words.every((word) => word >>> 0 === word) &&
      words.some((word) => word !== 0);
    if (!valid) {
      throw new RangeError(
        `Cannot restore the random state [${words}]: expected four 32-bit integers, not all zero`,
      );
    }
    [this.#a, this.#b, this.#c, this.#d] = words;
    this.#spareNormal = spareNormal;
  }
}

/** Four well-mixed words; every character of the seed reaches all of them. */
function wordsFromSeed(seed: string): [number, number, number, number] {
  const word = (lane: number): number => {
    let hash = mix32(lane * 0x9e3779b9 + seed.length);
    for (let i = 0; i < seed.length; i++) {
      hash = mix32(Math.imul(hash, 31) + seed.charCodeAt(i) + lane);
    }
    return hash;
  };
  const words: [number, number, number, number] = [
    word(1),
    word(2),
    word(3),
    word(4),
  ];
  // The all-zero state is the generator's one fixed point.
  if (words.every((value) => value === 0)) words[0] = 1;
  return words;
}
