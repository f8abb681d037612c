/**
 * Numbers 64-bit hashes in the order in which they are first seen: an open
 * hash table over typed arrays, 16 to 32 bytes a hash.
 */
export class NgramIndex {
  #low: Int32Array = new Int32Array(1024);
  #high: Int32Array = new Int32Array(1024);
  /** Numbers plus one by place; 0 where there is none. */
  #places: Int32Array = new Int32Array(2048);
  #size = 0;

  /** How many different hashes there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Numbers a hash.
   *
   * @param low First half.
   * @param high Second half.
   * @returns Its number, a new one where it was not known.
   */
  add(low: number, high: number): number {
    const place = this.#placeOf(low, high);
    if (this.#places[place] > 0) return this.#places[place] - 1;
    const number = this.#size++;
    if (number === this.#low.length) this.#grow();
    this.#low[number] = low;
    this.#high[number] = high;
    this.#places[this.#placeOf(low, high)] = number + 1;
    return number;
  }

  /**
   * Looks a hash up.
   *
   * @param low First half.
   * @param high Second half.
   * @returns Its number, or −1 where it is not known.
   */
  find(low: number, high: number): number {
    return this.#places[this.#placeOf(low, high)] - 1;
  }

  /** Where a hash is, or where it would be put. */
  #placeOf(low: number, high: number): number {
    const mask = this.#places.length - 1;
    let place = low & mask;
    for (;;) {
      const number = this.#places[place] - 1;
      if (
        number < 0 || (this.#low[number] === low && this.#high[number] === high)
      ) return place;
      place = (place + 1) & mask;
    }
  }

  /** Doubles everything; at most half of the places are ever taken. */
  #grow(): void {
    const [low, high] = [this.#low, this.#high];
    const length = 2 * low.length;
    this.#low = new Int32Array(length);
    this.#high = new Int32Array(length);
    this.#low.set(low);
    this.#high.set(high);
    this.#places = new Int32Array(2 * length);
    for (let number = 0; number < low.length; number++) {
      this.#places[this.#placeOf(low[number], high[number])] = number + 1;
    }
  }
}
