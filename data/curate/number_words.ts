import { mix32 } from "../mix32.ts";
import { WordScanner } from "./word_scanner.ts";

/** The words of a text as numbers. */
export interface NumberedWords {
  /** The word at each place; the first one of the text is 0. */
  readonly ids: Int32Array;
  /** Characters by word. */
  readonly lengths: Int32Array;
}

/**
 * Gives each different word of a text a number, in the order of the text.
 * Strings are not made of the words: that would take most of the time.
 *
 * @param text Any text.
 * @returns Its words; case counts.
 */
export function numberWords(text: string): NumberedWords {
  const known = new KnownWords(text);
  let ids = new Int32Array(16 + (text.length >> 2));
  let count = 0;
  const scanner = new WordScanner(text);
  while (scanner.next()) {
    if (count === ids.length) ids = grown(ids);
    ids[count++] = known.idOf(scanner);
  }
  return { ids: ids.subarray(0, count), lengths: known.lengths };
}

/** A hash table of the words of one text, each kept as its first place. */
class KnownWords {
  readonly #text: string;
  #count = 0;
  #starts = new Int32Array(256);
  #ends = new Int32Array(256);
  #lengths = new Int32Array(256);
  #hashes = new Int32Array(256);
  /** Number by hash; -1 where there is none. */
  #slots = new Int32Array(512).fill(-1);

  constructor(text: string) {
    this.#text = text;
  }

  get lengths(): Int32Array {
    return this.#lengths.subarray(0, this.#count);
  }

  idOf(scanner: WordScanner): number {
    const text = this.#text;
    const slots = this.#slots;
    const starts = this.#starts;
    const ends = this.#ends;
    const { start, end } = scanner;
    let hash = 0;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
    hash = mix32(hash) | 0;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let id = slots[slot]; id >= 0; id = slots[slot]) {
      if (
        this.#hashes[id] === hash && ends[id] - starts[id] === end - start &&
        samePiece(text, starts[id], start, end - start)
      ) return id;
      slot = (slot + 1) & mask;
    }
    return this.#add(scanner, hash, slot);
  }

  #add(scanner: WordScanner, hash: number, slot: number): number {
    const id = this.#count++;
    this.#slots[slot] = id;
    this.#starts[id] = scanner.start;
    this.#ends[id] = scanner.end;
    this.#lengths[id] = scanner.length;
    this.#hashes[id] = hash;
    if (this.#count === this.#starts.length) this.#grow();
    return id;
  }

  #grow(): void {
    this.#starts = grown(this.#starts);
    this.#ends = grown(this.#ends);
    this.#lengths = grown(this.#lengths);
    this.#hashes = grown(this.#hashes);
    const slots = new Int32Array(4 * this.#count).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#count; id++) {
      let slot = this.#hashes[id] & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

function samePiece(text: string, a: number, b: number, length: number) {
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(a + i) !== text.charCodeAt(b + i)) return false;
  }
  return true;
}

/** The same numbers with room for as many more. */
function grown(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(2 * numbers.length);
  more.set(numbers);
  return more;
}
