import { mix32 } from "./mix32.ts";

/** Rounds after which the order shows no trace of the counting. */
const ROUNDS = 6;

/**
 * A pseudorandom order of 0 … `size` − 1 that is computed place by place, so
 * that it needs no memory however long it is: a Feistel network (Luby and
 * Rackoff, SIAM J. Comput. 17, 1988) over the next power of two, walked until
 * it lands inside (Black and Rogaway, "Ciphers with Arbitrary Finite Domains",
 * CT-RSA 2002).
 */
export class Permutation {
  readonly #size: number;
  /** The two halves of a number are taken apart at this place value. */
  readonly #lowCount: number;
  readonly #lowBits: number;
  readonly #highCount: number;
  readonly #keys: readonly number[];

  /**
   * @param size Number of places, 1 … 2^52.
   * @param keys Random 32-bit integers that choose the order, one a round.
   */
  constructor(size: number, keys: readonly number[]) {
    if (!Number.isSafeInteger(size) || size < 1 || size > 2 ** 52) {
      throw new RangeError(
        `Cannot permute ${size} places: the number has to be in 1 … 2^52`,
      );
    }
    if (keys.length !== ROUNDS) {
      throw new RangeError(
        `Cannot permute with ${keys.length} keys: ${ROUNDS} are needed`,
      );
    }
    this.#size = size;
    let bits = 0;
    while (2 ** bits < size) bits++;
    this.#lowBits = bits >> 1;
    this.#lowCount = 2 ** this.#lowBits;
    this.#highCount = 2 ** (bits - (bits >> 1));
    this.#keys = [...keys];
  }

  /** Number of keys that the constructor takes. */
  static readonly keyCount: number = ROUNDS;

  /**
   * @param place A place, 0 … `size` − 1.
   * @returns What stands there; every number stands at exactly one place.
   */
  at(place: number): number {
    let value = place;
    // The power of two is below twice the size: two steps on average at most.
    do value = this.#step(value); while (value >= this.#size);
    return value;
  }

  #step(value: number): number {
    // Integers of 32 bits are taken apart much faster than others.
    const small = this.#size <= 2 ** 31;
    let low = small ? value & (this.#lowCount - 1) : value % this.#lowCount;
    let high = small
      ? value >>> this.#lowBits
      : Math.floor(value / this.#lowCount);
    for (let round = 0; round < ROUNDS; round++) {
      // Each half is changed by the other alone, which can be undone. Counts
      // are powers of two of at most 2^26, so the mask works in 32 bits.
      const key = this.#keys[round];
      if (round % 2 === 0) {
        high ^= mix32(mix32(low ^ key) + round) & (this.#highCount - 1);
      } else {
        low ^= mix32(mix32(high ^ key) + round) & (this.#lowCount - 1);
      }
    }
    return high * this.#lowCount + low;
  }
}
