import {
  constants,
  crc32,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import type { Document } from "../document.ts";
import { InputError } from "../input_error.ts";
import {
  packMetadata,
  readRecord,
  recordRoom,
  writeRecord,
} from "./document_record.ts";

/** First bytes of a file of documents; raised with every change of what follows. */
const MAGIC = new TextEncoder().encode("minnowd1");

/** Unpacked and stored length, number of documents, CRC-32 as stored. */
const HEADER_BYTES = 16;

/** Documents and bytes of all blocks, which stand in the last one. */
const TOTALS_BYTES = 16;

/** Bytes after which a block is written; a larger document is one by itself. */
const BLOCK_BYTES = 1 << 20;

/** Bytes of a block that reading accepts. */
const MAX_BLOCK_BYTES = 2 ** 31 - 1;

/** Options of {@linkcode DocumentSpool.create}. */
export interface SpoolOptions {
  /**
   * Whether blocks are packed with zstd at its fastest level: about .4 of the
   * size of English text, at half the speed.
   *
   * @default false
   */
  readonly compress?: boolean;
}

/**
 * A file of documents that is written once, from first to last, and read any
 * number of times in the same order. Nothing is lost: id, text, metadata and
 * `continues` come back as they were, absent keys included. About a block of
 * 1 MiB is in memory at a time, or the largest document.
 *
 * The file is a magic number and blocks of whole documents, each with its
 * lengths and a checksum; the last block holds the totals, so that a file
 * whose writer was killed is not taken for a whole one.
 *
 * Reading and writing do not wait for other work: each is a matter of a
 * millisecond a block.
 */
export class DocumentSpool {
  readonly #path: string;
  readonly #compress: boolean;
  /** Null when nothing more can be appended. */
  #file: Deno.FsFile | null;
  #block: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #blockLength = 0;
  #blockDocuments = 0;
  #documents: number;
  #bytes: number;

  private constructor(
    path: string,
    file: Deno.FsFile | null,
    compress: boolean,
    totals: { readonly documents: number; readonly bytes: number },
  ) {
    this.#path = path;
    this.#file = file;
    this.#compress = compress;
    this.#documents = totals.documents;
    this.#bytes = totals.bytes;
  }

  /**
   * Begins a file.
   *
   * @param path The file, made anew; the caller renames or removes it.
   * @param options Whether it is packed.
   * @returns A spool to append to.
   */
  static create(path: string, options: SpoolOptions = {}): DocumentSpool {
    const file = Deno.openSync(path, {
      write: true,
      create: true,
      truncate: true,
    });
    writeWhole(file, MAGIC);
    const none = { documents: 0, bytes: 0 };
    return new DocumentSpool(path, file, options.compress ?? false, none);
  }

  /**
   * Opens a finished file.
   *
   * @param path The file.
   * @returns A spool to replay.
   * @throws {InputError} If it is none, or its writer did not finish it.
   */
  static open(path: string): DocumentSpool {
    const file = Deno.openSync(path);
    try {
      const { size } = file.statSync();
      const least = MAGIC.length + HEADER_BYTES + TOTALS_BYTES;
      if (size < least) throw damaged(path, `it has only ${size} bytes`);
      checkMagic(path, file);
      file.seekSync(size - HEADER_BYTES - TOTALS_BYTES, Deno.SeekMode.Start);
      const header = readHeader(path, file);
      if (
        header.length !== 0 || header.stored !== TOTALS_BYTES ||
        header.documents !== 0
      ) throw damaged(path, "its end is missing");
      const totals = readTotals(path, file, header.checksum);
      return new DocumentSpool(path, null, false, totals);
    } finally {
      file.close();
    }
  }

  /** Number of documents appended. */
  get documents(): number {
    return this.#documents;
  }

  /** Bytes of all documents' records, before packing. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a document at the end.
   *
   * @param document Any document.
   * @throws {Error} If the spool is finished, the disk is full, or the
   * metadata hold what cannot be stored, such as a function.
   */
  append(document: Document): void {
    if (this.#file === null) {
      throw new Error(
        `Cannot append to '${this.#path}': it is finished; create a new one`,
      );
    }
    const metadata = packMetadata(document.metadata);
    const room = recordRoom(document) + (metadata?.bytes.length ?? 0);
    if (this.#blockLength + room > this.#block.length) this.#makeRoom(room);
    const end = writeRecord(
      document,
      metadata,
      this.#block,
      this.#blockLength,
    );
    this.#bytes += end - this.#blockLength;
    this.#blockLength = end;
    this.#documents++;
    this.#blockDocuments++;
    if (end >= BLOCK_BYTES) this.#writeBlock();
  }

  /** Writes what is left and the totals; nothing can be appended afterwards. */
  finish(): void {
    if (this.#file === null) return;
    this.#writeBlock();
    const totals = new Uint8Array(TOTALS_BYTES);
    const view = new DataView(totals.buffer);
    view.setFloat64(0, this.#documents, true);
    view.setFloat64(8, this.#bytes, true);
    writeWhole(this.#file, headerOf(0, totals, 0));
    writeWhole(this.#file, totals);
    this.close();
  }

  /**
   * Reads the documents from the first on, finishing the file where that has
   * not been done. Several replays may go on at a time.
   *
   * @returns The documents in the order in which they were appended.
   * @throws {InputError} If the file was cut or changed.
   */
  *replay(): Generator<Document> {
    this.finish();
    const file = Deno.openSync(this.#path);
    try {
      yield* this.#read(file);
    } finally {
      file.close();
    }
  }

  /** Closes the file; without {@linkcode finish} it stays incomplete. */
  close(): void {
    this.#file?.close();
    this.#file = null;
    this.#block = new Uint8Array(0);
  }

  *#read(file: Deno.FsFile): Generator<Document> {
    const { size } = file.statSync();
    checkMagic(this.#path, file);
    let place = MAGIC.length;
    let documents = 0;
    for (;;) {
      const header = readHeader(this.#path, file);
      place += HEADER_BYTES;
      if (header.length === 0) break;
      if (
        header.length > MAX_BLOCK_BYTES || header.stored > header.length ||
        header.stored > size - place
      ) {
        throw damaged(
          this.#path,
          `the block at byte ${place} has no such length`,
        );
      }
      const stored = readWhole(this.#path, file, header.stored);
      const block = this.#unpack(stored, header, place);
      place += header.stored;
      documents += header.documents;
      let position = 0;
      for (let i = 0; i < header.documents; i++) {
        const record = readRecord(block, position);
        if (record === null) {
          throw damaged(
            this.#path,
            `a document before byte ${place} is broken`,
          );
        }
        position = record.end;
        yield record.document;
      }
      if (position !== block.length) {
        throw damaged(this.#path, `bytes are left over before byte ${place}`);
      }
    }
    if (documents !== this.#documents) {
      throw damaged(
        this.#path,
        `it holds ${documents} documents and not ${this.#documents}`,
      );
    }
  }

  #unpack(stored: Uint8Array, header: BlockHeader, place: number): Uint8Array {
    if (crc32(stored) !== header.checksum) {
      throw damaged(this.#path, `the checksum at byte ${place} is wrong`);
    }
    if (header.stored === header.length) return stored;
    try {
      const block = zstdDecompressSync(stored, {
        maxOutputLength: header.length,
      });
      if (block.length === header.length) return block;
    } catch {
      // Said below: what zstd says of it helps nobody.
    }
    throw damaged(this.#path, `the block at byte ${place} cannot be unpacked`);
  }

  /** Writes the block, and makes one that is large enough for a document. */
  #makeRoom(room: number): void {
    this.#writeBlock();
    if (room <= this.#block.length) return;
    this.#block = new Uint8Array(Math.max(2 * BLOCK_BYTES, room));
  }

  #writeBlock(): void {
    if (this.#file === null || this.#blockDocuments === 0) return;
    const block = this.#block.subarray(0, this.#blockLength);
    const packed = this.#compress
      ? zstdCompressSync(block, {
        params: { [constants.ZSTD_c_compressionLevel]: 1 },
      })
      : block;
    // Equal lengths say that a block is not packed.
    const stored = packed.length < block.length ? packed : block;
    writeWhole(
      this.#file,
      headerOf(block.length, stored, this.#blockDocuments),
    );
    writeWhole(this.#file, stored);
    this.#blockLength = 0;
    this.#blockDocuments = 0;
    // The room for one huge document is not kept.
    if (this.#block.length > 2 * BLOCK_BYTES) this.#block = new Uint8Array(0);
  }
}

interface BlockHeader {
  readonly length: number;
  readonly stored: number;
  readonly documents: number;
  readonly checksum: number;
}

function headerOf(
  length: number,
  stored: Uint8Array,
  documents: number,
): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, length, true);
  view.setUint32(4, stored.length, true);
  view.setUint32(8, documents, true);
  view.setUint32(12, crc32(stored), true);
  return header;
}

function readHeader(path: string, file: Deno.FsFile): BlockHeader {
  const bytes = readWhole(path, file, HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  return {
    length: view.getUint32(0, true),
    stored: view.getUint32(4, true),
    documents: view.getUint32(8, true),
    checksum: view.getUint32(12, true),
  };
}

function readTotals(
  path: string,
  file: Deno.FsFile,
  checksum: number,
): { documents: number; bytes: number } {
  const bytes = readWhole(path, file, TOTALS_BYTES);
  if (crc32(bytes) !== checksum) throw damaged(path, "its end is missing");
  const view = new DataView(bytes.buffer);
  return {
    documents: view.getFloat64(0, true),
    bytes: view.getFloat64(8, true),
  };
}

function checkMagic(path: string, file: Deno.FsFile): void {
  const magic = readWhole(path, file, MAGIC.length);
  if (magic.some((byte, i) => byte !== MAGIC[i])) {
    throw damaged(path, "it does not begin as a file of documents");
  }
}

function readWhole(
  path: string,
  file: Deno.FsFile,
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) throw damaged(path, "it is cut off");
    filled += count;
  }
  return bytes;
}

function writeWhole(file: Deno.FsFile, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    written += file.writeSync(bytes.subarray(written));
  }
}

function damaged(path: string, why: string): InputError {
  return new InputError(
    `Cannot read the documents in '${path}': ${why}; remove the file and make it again`,
  );
}
