import type { SorterOptions } from "./record_sorter.ts";

/** Records of the pieces that sorted ones are given in. */
export const PIECE_RECORDS = 4096;

/** Least records that a run is read in, however small the memory. */
const LEAST_RECORDS = 64;

/**
 * Merges sorted runs of records that stand one after the other in a file;
 * those with equal keys stay in the order of the runs.
 *
 * @param file The file.
 * @param runs Length of each run, in records.
 * @param options What a record is, and how much memory may be used.
 * @returns Pieces of whole records, each valid until the next is asked for.
 */
export function* mergeRuns(
  file: Deno.FsFile,
  runs: readonly number[],
  { words, keyWords, memoryBytes }: Omit<SorterOptions, "path">,
): Generator<Uint32Array> {
  const each = Math.floor(memoryBytes / (4 * words * runs.length));
  const bufferRecords = Math.max(LEAST_RECORDS, each);
  const readers: RunReader[] = [];
  let start = 0;
  for (const length of runs) {
    readers.push(new RunReader(file, words, start, length, bufferRecords));
    start += length;
  }
  const heap = new RunHeap(readers, keyWords);
  const piece = new Uint32Array(PIECE_RECORDS * words);
  let filled = 0;
  for (let reader = heap.first; reader !== null; reader = heap.first) {
    const { buffer, at } = reader;
    for (let i = 0; i < words; i++) piece[filled++] = buffer[at + i];
    heap.advance();
    if (filled === piece.length) {
      yield piece;
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

/** Reads a run through a buffer; all runs share one file. */
class RunReader {
  /** Where the present record begins in the buffer. */
  at = 0;
  buffer: Uint32Array<ArrayBuffer>;
  #filled = 0;
  #left: number;
  #next: number;

  constructor(
    readonly file: Deno.FsFile,
    readonly words: number,
    start: number,
    length: number,
    bufferRecords: number,
  ) {
    this.#next = start * words * 4;
    this.#left = length * words;
    this.buffer = new Uint32Array(Math.min(bufferRecords, length) * words);
    this.#fill();
  }

  /** Goes to the next record; false where there is none. */
  advance(): boolean {
    this.at += this.words;
    if (this.at < this.#filled) return true;
    if (this.#left === 0) return false;
    this.#fill();
    return true;
  }

  #fill(): void {
    const length = Math.min(this.buffer.length, this.#left);
    const bytes = new Uint8Array(this.buffer.buffer, 0, length * 4);
    this.file.seekSync(this.#next, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < bytes.length) {
      const count = this.file.readSync(bytes.subarray(filled));
      if (count === null) {
        throw new Error("Cannot merge what was sorted: its file was cut");
      }
      filled += count;
    }
    this.#next += bytes.length;
    this.#left -= length;
    this.#filled = length;
    this.at = 0;
  }
}

/** The runs, the one with the least record first. */
class RunHeap {
  readonly #runs: { readonly reader: RunReader; readonly number: number }[];
  readonly #keyWords: number;

  constructor(readers: readonly RunReader[], keyWords: number) {
    this.#keyWords = keyWords;
    this.#runs = readers.map((reader, number) => ({ reader, number }));
    for (let i = (this.#runs.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  /** The run with the least record; null at the end of all. */
  get first(): RunReader | null {
    return this.#runs.length === 0 ? null : this.#runs[0].reader;
  }

  /** Goes on in the first run. */
  advance(): void {
    if (!this.#runs[0].reader.advance()) {
      const last = this.#runs.pop();
      if (last === undefined || this.#runs.length === 0) return;
      this.#runs[0] = last;
    }
    this.#sink(0);
  }

  #sink(index: number): void {
    const runs = this.#runs;
    const run = runs[index];
    for (;;) {
      let child = 2 * index + 1;
      if (child >= runs.length) break;
      if (child + 1 < runs.length && this.#less(runs[child + 1], runs[child])) {
        child++;
      }
      if (!this.#less(runs[child], run)) break;
      runs[index] = runs[child];
      index = child;
    }
    runs[index] = run;
  }

  #less(
    a: { readonly reader: RunReader; readonly number: number },
    b: { readonly reader: RunReader; readonly number: number },
  ): boolean {
    for (let i = 0; i < this.#keyWords; i++) {
      const left = a.reader.buffer[a.reader.at + i];
      const right = b.reader.buffer[b.reader.at + i];
      if (left !== right) return left < right;
    }
    // Earlier runs hold what came earlier.
    return a.number < b.number;
  }
}
