const FIRST_SLOTS = 1 << 12;
const FIRST_BYTES = 1 << 15;

/**
 * Numbers distinct byte strings 0, 1, 2 … in the order in which they come,
 * without an object for any: a hash table over one array of bytes.
 */
export class ByteStrings {
  /** The strings' bytes, one after the other. */
  #bytes = new Uint8Array(FIRST_BYTES);
  /** Where each string ends. */
  #ends = new Float64Array(FIRST_SLOTS / 2);
  #hashes = new Int32Array(FIRST_SLOTS / 2);
  /** Numbers of strings plus one; 0 is free. */
  #slots = new Int32Array(FIRST_SLOTS);
  #size = 0;

  /** How many strings there are. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of all strings together. */
  get byteLength(): number {
    return this.start(this.#size);
  }

  /** The strings' bytes one after the other; valid until the next `add`. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.byteLength);
  }

  /** @returns Where string `index` begins in `bytes`. */
  start(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1];
  }

  /** @returns Where string `index` ends in `bytes`. */
  end(index: number): number {
    return this.#ends[index];
  }

  /**
   * Finds a string, or takes it in.
   *
   * @param bytes Holds it.
   * @param start Its first byte.
   * @param end The byte after its last.
   * @returns Its number: {@linkcode ByteStrings.size} of before if it is new.
   */
  add(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const slot = this.#slot(hash, bytes, start, end);
    const known = this.#slots[slot] - 1;
    if (known >= 0) return known;
    this.#slots[slot] = this.#size + 1;
    this.#append(bytes, start, end, hash);
    return this.#size - 1;
  }

  /** @returns The number of a string, or −1 where it never came. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    return this.#slots[this.#slot(hash, bytes, start, end)] - 1;
  }

  /** Forgets all strings; the memory is kept. */
  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
  }

  /** Where a string is, or where it would stand. */
  #slot(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const index = this.#slots[slot] - 1;
      if (
        index < 0 ||
        (this.#hashes[index] === hash && this.#is(index, bytes, start, end))
      ) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #is(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    let own = this.start(index);
    if (this.#ends[index] - own !== end - start) return false;
    for (let at = start; at < end; at++) {
      if (this.#bytes[own++] !== bytes[at]) return false;
    }
    return true;
  }

  #append(bytes: Uint8Array, start: number, end: number, hash: number): void {
    const from = this.byteLength;
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(to, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, from));
      this.#bytes = grown;
    }
    for (let at = start, own = from; at < end; at++) {
      this.#bytes[own++] = bytes[at];
    }
    this.#ends[this.#size] = to;
    this.#hashes[this.#size++] = hash;
    if (this.#size === this.#ends.length) this.#grow();
  }

  #grow(): void {
    const ends = new Float64Array(2 * this.#size);
    ends.set(this.#ends);
    this.#ends = ends;
    const hashes = new Int32Array(2 * this.#size);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.#size; index++) {
      let slot = hashes[index] & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ bytes[at], 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}
