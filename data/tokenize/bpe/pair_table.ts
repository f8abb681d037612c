const FIRST_SLOTS = 1 << 12;

/** Numbers distinct pairs of ids 0, 1, 2 … in the order in which they come. */
export class PairTable {
  #lefts = new Int32Array(FIRST_SLOTS / 2);
  #rights = new Int32Array(FIRST_SLOTS / 2);
  /** Numbers of pairs plus one; 0 is free. */
  #slots = new Int32Array(FIRST_SLOTS);
  #size = 0;

  /** How many pairs there are. */
  get size(): number {
    return this.#size;
  }

  /** @returns The left id of a pair. */
  left(pair: number): number {
    return this.#lefts[pair];
  }

  /** @returns The right id of a pair. */
  right(pair: number): number {
    return this.#rights[pair];
  }

  /** @returns The number of a pair, or −1 where it never came. */
  find(left: number, right: number): number {
    return this.#slots[this.#slot(left, right)] - 1;
  }

  /** @returns The number of a pair: the size of before where it is new. */
  add(left: number, right: number): number {
    const slot = this.#slot(left, right);
    const known = this.#slots[slot] - 1;
    if (known >= 0) return known;
    const pair = this.#size++;
    this.#lefts[pair] = left;
    this.#rights[pair] = right;
    this.#slots[slot] = this.#size;
    if (this.#size === this.#lefts.length) this.#grow();
    return pair;
  }

  /** Where a pair is, or where it would stand. */
  #slot(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca77);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    for (;;) {
      const pair = this.#slots[slot] - 1;
      if (
        pair < 0 ||
        (this.#lefts[pair] === left && this.#rights[pair] === right)
      ) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const [lefts, rights] = [this.#lefts, this.#rights];
    this.#lefts = new Int32Array(2 * this.#size);
    this.#lefts.set(lefts);
    this.#rights = new Int32Array(2 * this.#size);
    this.#rights.set(rights);
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let pair = 0; pair < this.#size; pair++) {
      this.#slots[this.#slot(lefts[pair], rights[pair])] = pair + 1;
    }
  }
}
