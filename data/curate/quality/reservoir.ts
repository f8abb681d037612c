import type { Random } from "../../random.ts";

/**
 * A sample of a stream whose length nobody knows: every element is in it with
 * the same probability (algorithm R of Vitter, "Random Sampling with a
 * Reservoir", ACM TOMS 11, 1985).
 */
export class Reservoir<T> {
  readonly #size: number;
  readonly #random: Random;
  readonly #items: T[] = [];
  #seen = 0;

  /**
   * @param size Elements that are kept at most.
   * @param random Chooses.
   */
  constructor(size: number, random: Random) {
    this.#size = size;
    this.#random = random;
  }

  /** Elements offered so far. */
  get seen(): number {
    return this.#seen;
  }

  /** Elements kept; their order says nothing but is not random either. */
  get items(): readonly T[] {
    return this.#items;
  }

  /**
   * Takes an element or passes over it.
   *
   * @param make Makes the element; called only if it is taken.
   */
  offer(make: () => T): void {
    this.#seen++;
    if (this.#items.length < this.#size) {
      this.#items.push(make());
      return;
    }
    const place = this.#random.integer(this.#seen);
    if (place < this.#size) this.#items[place] = make();
  }
}
