import { mix32 } from "../mix32.ts";
import { numberWords } from "./number_words.ts";

/**
 * The runs of words (n-grams) that a text has more than once. Runs of 1, 2, 3…
 * words are looked at in turn: only where a shorter run is there again can a
 * longer one be, so that of a natural text little is left to look at. Takes
 * time in proportion to words times lengths at worst.
 */
export class RepeatedWords {
  /** The word at each place. */
  readonly #ids: Int32Array;
  /** Characters by word. */
  readonly #lengths: Int32Array;
  /** Hash of the run at each place that is looked at. */
  readonly #hashes: Int32Array;
  /** Places, ascending, of runs that may be there more than once. */
  #places: Int32Array;
  /** Words in a run. */
  #size = 1;

  /**
   * Begins with runs of one word.
   *
   * @param text Any text.
   */
  constructor(text: string) {
    const { ids, lengths } = numberWords(text);
    this.#ids = ids;
    this.#lengths = lengths;
    this.#hashes = ids.map((id) => mix32(id));
    this.#places = ids.map((_, place) => place);
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
    const places = this.#places;
    const slots = emptySlots(places.length);
    /** By index in `places`: that of the first such run, and how many. */
    const firsts = new Int32Array(places.length);
    const counts = new Int32Array(places.length);
    for (let i = 0; i < places.length; i++) {
      const slot = this.#find(slots, places[i]);
      if (slots[slot] < 0) slots[slot] = i;
      firsts[i] = slots[slot];
      counts[firsts[i]]++;
    }
    let top = -1;
    let most = 1;
    let kept = 0;
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      if (counts[i] > most) {
        most = counts[i];
        top = place;
      }
      if (counts[firsts[i]] > 1) places[kept++] = place;
    }
    this.#places = places.subarray(0, kept);
    return top < 0 ? 0 : (this.#characters(top) + size - 1) * most;
  }

  /**
   * Goes through the text, and past each run of words that was there before.
   *
   * @param size Words in a run: not fewer than in the call before.
   * @returns The characters of the words gone past; none counts twice.
   */
  duplicateCharacters(size: number): number {
    this.#grow(size);
    const places = this.#places;
    const slots = emptySlots(places.length);
    let characters = 0;
    let next = 0;
    for (let i = 0; i < places.length; i++) {
      if (places[i] < next) continue;
      const slot = this.#find(slots, places[i]);
      if (slots[slot] < 0) {
        slots[slot] = i;
      } else {
        characters += this.#characters(places[i]);
        next = places[i] + size;
      }
    }
    return characters;
  }

  /** Goes over to runs of `size` words. */
  #grow(size: number): void {
    if (size < this.#size) {
      throw new RangeError(`Runs of ${size} words come before ${this.#size}`);
    }
    const places = this.#places;
    const hashes = this.#hashes;
    const ids = this.#ids;
    let count = places.length;
    while (this.#size < size) {
      const added = this.#size++;
      let kept = 0;
      for (let i = 0; i < count; i++) {
        const place = places[i];
        if (place + added >= ids.length) break;
        // Both runs that the longer one is made of have to be there again.
        if (i + 1 >= count || places[i + 1] !== place + 1) continue;
        hashes[place] = mix32(
          Math.imul(hashes[place], 31) + ids[place + added],
        );
        places[kept++] = place;
      }
      count = kept;
    }
    this.#places = places.subarray(0, count);
  }

  /** The slot of the run at a place: of the first such run, or empty. */
  #find(slots: Int32Array, place: number): number {
    const places = this.#places;
    const mask = slots.length - 1;
    let slot = this.#hashes[place] & mask;
    while (slots[slot] >= 0 && !this.#same(places[slots[slot]], place)) {
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
  #characters(place: number): number {
    let sum = 0;
    for (let i = 0; i < this.#size; i++) {
      sum += this.#lengths[this.#ids[place + i]];
    }
    return sum;
  }
}

/** A hash table with room for so many, of index by hash; -1 for none. */
function emptySlots(count: number): Int32Array {
  return new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 2))).fill(-1);
}
