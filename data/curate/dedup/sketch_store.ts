/** Bytes written to the file at a time. */
const CHUNK_BYTES = 1 << 18;

/**
 * Rows of bytes, all of one length, by number: in memory as long as there is
 * room, in a file from then on.
 */
export class SketchStore {
  readonly #path: string;
  readonly #rowBytes: number;
  readonly #memoryBytes: number;
  /** All rows, or with a file the last ones, which are not yet written. */
  #rows: Uint8Array<ArrayBuffer>;
  #filled = 0;
  #written = 0;
  #file: Deno.FsFile | null = null;

  /**
   * @param path A file for what does not fit, made where it is needed.
   * @param rowBytes Bytes of a row.
   * @param memoryBytes Memory that may be used, in bytes.
   */
  constructor(path: string, rowBytes: number, memoryBytes: number) {
    this.#path = path;
    this.#rowBytes = rowBytes;
    this.#memoryBytes = Math.max(rowBytes, memoryBytes);
    this.#rows = new Uint8Array(
      rowBytes * Math.max(1, Math.min(256, Math.floor(memoryBytes / rowBytes))),
    );
  }

  /** @param row The next row; copied. */
  append(row: Uint8Array): void {
    if (this.#filled === this.#rows.length) this.#makeRoom();
    this.#rows.set(row, this.#filled);
    this.#filled += this.#rowBytes;
  }

  /**
   * @param index Number of a row, from 0 on.
   * @param row Takes it.
   */
  read(index: number, row: Uint8Array): void {
    const start = index * this.#rowBytes;
    if (start >= this.#written) {
      const at = start - this.#written;
      row.set(this.#rows.subarray(at, at + this.#rowBytes));
      return;
    }
    const file = this.#opened();
    file.seekSync(start, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < row.length) {
      const count = file.readSync(row.subarray(filled));
      if (count === null) {
        throw new Error(`Cannot read '${this.#path}': it was cut`);
      }
      filled += count;
    }
  }

  /** Closes the file. */
  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  #makeRoom(): void {
    const grown = 2 * this.#rows.length;
    if (this.#file === null && grown <= this.#memoryBytes) {
      const rows = new Uint8Array(grown);
      rows.set(this.#rows);
      this.#rows = rows;
      return;
    }
    const file = this.#opened();
    file.seekSync(this.#written, Deno.SeekMode.Start);
    let written = 0;
    while (written < this.#filled) {
      written += file.writeSync(this.#rows.subarray(written, this.#filled));
    }
    this.#written += this.#filled;
    this.#filled = 0;
    if (this.#rows.length <= CHUNK_BYTES) return;
    const rows = Math.floor(CHUNK_BYTES / this.#rowBytes);
    this.#rows = new Uint8Array(Math.max(1, rows) * this.#rowBytes);
  }

  #opened(): Deno.FsFile {
    this.#file ??= Deno.openSync(this.#path, {
      read: true,
      write: true,
      create: true,
      truncate: true,
    });
    return this.#file;
  }
}
