import { mix32 } from "../mix32.ts";
import { WordScanner } from "./word_scanner.ts";

/**
 * The words of a text as numbers, and the runs of them (n-grams) that it has
 * more than once. Runs of 1, 2, 3… words are looked at in turn; what is known
 * of the shorter ones makes the longer ones cheap. Takes time in proportion to
 * words times lengths.
 */
export class RepeatedWords {
  /** The word at each place. */
  readonly #ids: Int32Array;
  /** Characters by word. */
  readonly #lengths: readonly number[];
  /** Hash of the run at each place. */
  readonly #hashes: Int32Array;
  /** Place of the first such run, by hash; -1 where there is none. */
  readonly #slots: Int32Array;
  /** Words in a run. */
  #size = 1;

  /**
   * Numbers the words.
   *
   * @param text Any text.
   */
  constructor(text: string) {
    const { ids, lengths } = numberWords(text);
    this.#ids = ids;
    this.#lengths = lengths;
    this.#hashes = ids.map((id) => mix32(id));
    let slots = 16;
    while (slots < 2 * ids.length) slots *= 2;
    this.#slots = new Int32Array(slots);
  }

  /** The number of words. */
  get count(): number {
    return this.#ids.length;
  }

  /**
   * Looks for the run of words that is there most often, the first of several.
   *
   * @param size Words in a run: not fewer than in the call before.
   * @returns Its characters, with blanks between words, times how often it is
   * there; 0 if no run is there twice.
   */
  topCharacters(size: number): number {
    this.#grow(size);
    const slots = this.#slots.fill(-1);
    const counts = new Int32Array(this.count);
    const end = this.count - size;
    for (let at = 0; at <= end; at++) {
      const slot = this.#find(at);
      if (slots[slot] < 0) slots[slot] = at;
      counts[slots[slot]]++;
    }
    let most = 0;
    let first = -1;
    for (let at = 0; at <= end; at++) {
      if (counts[at] <= most) continue;
      most = counts[at];
      first = at;
    }
    if (most < 2) return 0;
    return (this.#characters(first) + size - 1) * most;
  }

  /**
   * Goes through the text, and past each run of words that was there before.
   *
   * @param size Words in a run: not fewer than in the call before.
   * @returns The characters of the words gone past; none counts twice.
   */
  duplicateCharacters(size: number): number {
    this.#grow(size);
    const slots = this.#slots.fill(-1);
    const end = this.count - size;
    let characters = 0;
    let at = 0;
    while (at <= end) {
      const slot = this.#find(at);
      if (slots[slot] < 0) {
        slots[slot] = at++;
      } else {
        characters += this.#characters(at);
        at += size;
      }
    }
    return characters;
  }

  /** Goes over to runs of `size` words. */
  #grow(size: number): void {
    if (size < this.#size) {
      throw new RangeError(`Runs of ${size} words come before ${this.#size}`);
    }
    while (this.#size < size) {
      const added = this.#size++;
      const end = this.count - this.#size;
      for (let at = 0; at <= end; at++) {
        this.#hashes[at] = mix32(
          Math.imul(this.#hashes[at], 31) + this.#ids[at + added],
        );
      }
    }
  }

  /** The slot of the run at a place, its own or an empty one. */
  #find(at: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#hashes[at] & mask;
    while (slots[slot] >= 0 && !this.#same(slots[slot], at)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #same(a: number, b: number): boolean {
    if (this.#hashes[a] !== this.#hashes[b]) return false;
    const ids = this.#ids;
    for (let i = 0; i < this.#size; i++) {
      if (ids[a + i] !== ids[b + i]) return false;
    }
    return true;
  }

  /** Characters of the run at a place, without blanks. */
  #characters(at: number): number {
    let sum = 0;
    for (let i = 0; i < this.#size; i++) {
      sum += this.#lengths[this.#ids[at + i]];
    }
    return sum;
  }
}

/** Gives each different word a number, in the order of the text. */
function numberWords(text: string): { ids: Int32Array; lengths: number[] } {
  const numbers = new Map<string, number>();
  const lengths: number[] = [];
  let ids = new Int32Array(1 + (text.length >> 2));
  let count = 0;
  const scanner = new WordScanner(text);
  while (scanner.next()) {
    const word = text.slice(scanner.start, scanner.end);
    let id = numbers.get(word);
    if (id === undefined) {
      id = lengths.length;
      numbers.set(word, id);
      lengths.push(scanner.length);
    }
    if (count === ids.length) {
      const more = new Int32Array(2 * count);
      more.set(ids);
      ids = more;
    }
    ids[count++] = id;
  }
  return { ids: ids.subarray(0, count), lengths };
}
