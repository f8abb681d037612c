import { dirname } from "@std/path";
import { mergeRuns, PIECE_RECORDS } from "./merge_runs.ts";

/** Least records that are sorted at a time, however small the memory. */
const LEAST_RECORDS = 64;

const DIGITS = 1 << 16;

/** What a {@linkcode RecordSorter} sorts, and with how much memory. */
export interface SorterOptions {
  /** A file for what does not fit into memory, made where it is needed. */
  readonly path: string;
  /** 32-bit words of a record. */
  readonly words: number;
  /** How many of them, from the first on, are sorted by. */
  readonly keyWords: number;
  /** Memory that may be used, in bytes. */
  readonly memoryBytes: number;
}

/**
 * Sorts any number of records of some 32-bit words with bounded memory, those
 * with equal keys in the order in which they came. What does not fit is
 * written as sorted runs, which are merged while they are read.
 */
export class RecordSorter {
  readonly #options: SorterOptions;
  readonly #capacity: number;
  #records: Uint32Array<ArrayBuffer>;
  #count = 0;
  #file: Deno.FsFile | null = null;
  /** Length of each run, in records. */
  readonly #runs: number[] = [];

  /** @param options What is sorted. */
  constructor(options: SorterOptions) {
    this.#options = options;
    // While sorting there are two lists of places beside the records.
    const bytes = 4 * options.words + 8;
    this.#capacity = Math.max(
      LEAST_RECORDS,
      Math.floor(options.memoryBytes / bytes),
    );
    this.#records = new Uint32Array(
      Math.min(this.#capacity, 1024) * options.words,
    );
  }

  /**
   * Adds a record.
   *
   * @param record Its words; copied.
   */
  add(record: ArrayLike<number>): void {
    const { words } = this.#options;
    if (this.#count === this.#capacity) this.#writeRun();
    const at = this.#count++ * words;
    if (at === this.#records.length) {
      const length = Math.min(2 * at, this.#capacity * words);
      const grown = new Uint32Array(length);
      grown.set(this.#records);
      this.#records = grown;
    }
    for (let i = 0; i < words; i++) this.#records[at + i] = record[i];
  }

  /**
   * Gives all records, sorted, and forgets them.
   *
   * @returns Pieces of whole records, each valid until the next is asked for.
   */
  *sorted(): Generator<Uint32Array> {
    try {
      if (this.#runs.length === 0) {
        yield* this.#sortedPieces();
      } else {
        if (this.#count > 0) this.#writeRun();
        this.#records = new Uint32Array(0);
        if (this.#file === null) return;
        yield* mergeRuns(this.#file, this.#runs, this.#options);
      }
    } finally {
      this.close();
    }
  }

  /** Closes the file and forgets the records. */
  close(): void {
    this.#file?.close();
    this.#file = null;
    this.#records = new Uint32Array(0);
    this.#count = 0;
    this.#runs.length = 0;
  }

  #writeRun(): void {
    const { path } = this.#options;
    if (this.#file === null) {
      Deno.mkdirSync(dirname(path), { recursive: true });
      this.#file = Deno.openSync(path, {
        read: true,
        write: true,
        create: true,
        truncate: true,
      });
    }
    this.#runs.push(this.#count);
    for (const piece of this.#sortedPieces()) writeWords(this.#file, piece);
    this.#count = 0;
  }

  *#sortedPieces(): Generator<Uint32Array<ArrayBuffer>> {
    const { words } = this.#options;
    const order = this.#order();
    const piece = new Uint32Array(
      Math.min(PIECE_RECORDS, order.length) * words,
    );
    let filled = 0;
    for (const place of order) {
      for (let i = 0; i < words; i++) {
        piece[filled++] = this.#records[place * words + i];
      }
      if (filled === piece.length) {
        yield piece;
        filled = 0;
      }
    }
    if (filled > 0) yield piece.subarray(0, filled);
  }

  /** Places of the records in order: by each half word, the last one first. */
  #order(): Uint32Array {
    const { words, keyWords } = this.#options;
    const count = this.#count;
    let order = Uint32Array.from({ length: count }, (_, i) => i);
    let next = new Uint32Array(count);
    const starts = new Uint32Array(DIGITS);
    for (let digit = 2 * keyWords - 1; digit >= 0; digit--) {
      const word = digit >> 1;
      const shift = digit % 2 === 0 ? 16 : 0;
      starts.fill(0);
      for (let i = 0; i < count; i++) {
        starts[(this.#records[i * words + word] >>> shift) & 0xffff]++;
      }
      let sum = 0;
      for (let value = 0; value < DIGITS; value++) {
        const size = starts[value];
        starts[value] = sum;
        sum += size;
      }
      for (let i = 0; i < count; i++) {
        const place = order[i];
        const value = (this.#records[place * words + word] >>> shift) & 0xffff;
        next[starts[value]++] = place;
      }
      [order, next] = [next, order];
    }
    return order;
  }
}

function writeWords(file: Deno.FsFile, words: Uint32Array<ArrayBuffer>): void {
  const bytes = new Uint8Array(
    words.buffer,
    words.byteOffset,
    words.byteLength,
  );
  let written = 0;
  while (written < bytes.length) {
    written += file.writeSync(bytes.subarray(written));
  }
}
