import { type FileHandle, open } from "node:fs/promises";
import { type FileMetaData, parquetMetadata } from "npm:hyparquet@^1.31.5";
import { InputError } from "../input_error.ts";
import { BadSource } from "./bad_source.ts";
import type { SourceFile } from "./source_file.ts";

/** `PAR1` in little endian, which begins and ends a file. */
const MAGIC = 0x31524150;
/** `PARE`, which ends a file with an encrypted footer. */
const ENCRYPTED_MAGIC = 0x45524150;
/** Footers of real files have some MiB at most. */
const MAX_FOOTER_BYTES = 256 * 1024 * 1024;

/** An open Parquet file with its footer read and checked. */
export class ParquetFile {
  /** Size of the file in bytes. */
  readonly byteLength: number;
  /** What its footer says. */
  readonly metadata: FileMetaData;
  readonly #handle: FileHandle;

  private constructor(
    handle: FileHandle,
    byteLength: number,
    metadata: FileMetaData,
  ) {
    this.#handle = handle;
    this.byteLength = byteLength;
    this.metadata = metadata;
  }

  /**
   * @param file Which file.
   * @returns The open file; to be closed.
   * @throws {InputError} If it cannot be opened.
   * @throws {BadSource} If it is no whole Parquet file.
   */
  static async open({ path, local }: SourceFile): Promise<ParquetFile> {
    let handle: FileHandle;
    try {
      handle = await open(local);
    } catch (cause) {
      throw new InputError(
        `Cannot read '${path}': ${
          cause instanceof Error ? cause.message : cause
        }`,
        { cause },
      );
    }
    try {
      const { size } = await handle.stat();
      const footer = await readFooter(handle, size);
      const metadata = parquetMetadata(footer, { geoparquet: false });
      checkSizes(metadata, size);
      return new ParquetFile(handle, size, metadata);
    } catch (cause) {
      await handle.close();
      throw damaged(path, cause);
    }
  }

  /**
   * Reads a stretch of the file.
   *
   * @param start Its first byte.
   * @param end The byte after its last; the file's end unless told.
   * @returns The bytes.
   */
  async slice(
    start: number,
    end: number = this.byteLength,
  ): Promise<ArrayBuffer> {
    return await readRange(this.#handle, this.byteLength, start, end);
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/**
 * What to say of a Parquet file that cannot be read.
 *
 * @param path The file.
 * @param cause What went wrong.
 * @param part Which part of it, with a comma before it.
 * @returns The error; the cause itself where it says enough.
 */
export function damaged(path: string, cause: unknown, part = ""): BadSource {
  if (cause instanceof BadSource) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  return new BadSource(
    "damaged",
    path,
    `Cannot read '${path}'${part}: ${
      said.replaceAll(/\s+/g, " ")
    }; the file is cut off, damaged or not Parquet`,
    { cause },
  );
}

async function readFooter(
  handle: FileHandle,
  size: number,
): Promise<ArrayBuffer> {
  if (size < 12) throw new Error(`it has only ${size} bytes`);
  const head = new DataView(await readRange(handle, size, 0, 4));
  const tail = new DataView(await readRange(handle, size, size - 8, size));
  const magic = tail.getUint32(4, true);
  if (magic === ENCRYPTED_MAGIC) throw new Error("its footer is encrypted");
  if (magic !== MAGIC || head.getUint32(0, true) !== MAGIC) {
    throw new Error("it does not begin and end with PAR1");
  }
  const length = tail.getUint32(0, true);
  if (length > Math.min(size - 12, MAX_FOOTER_BYTES)) {
    throw new Error(
      `its footer claims ${length} bytes of a file of ${size} bytes`,
    );
  }
  return await readRange(handle, size, size - 8 - length, size);
}

async function readRange(
  handle: FileHandle,
  size: number,
  start: number,
  end: number,
): Promise<ArrayBuffer> {
  if (!(start >= 0 && start <= end && end <= size)) {
    throw new Error(`bytes ${start} to ${end} are outside the file`);
  }
  const bytes = new Uint8Array(end - start);
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await handle.read(
      bytes,
      at,
      bytes.length - at,
      start + at,
    );
    if (bytesRead === 0) throw new Error("it became shorter while being read");
    at += bytesRead;
  }
  return bytes.buffer;
}

/** Refuses what no file of this size can hold, before memory is asked for it. */
function checkSizes(metadata: FileMetaData, size: number): void {
  const { schema, row_groups, num_rows } = metadata;
  if (!schema.every(({ name }) => typeof name === "string")) {
    throw new Error("a column has no name");
  }
  let rows = 0n;
  for (const [index, group] of row_groups.entries()) {
    rows += group.num_rows;
    if (group.num_rows < 0n) throw new Error(`row group ${index} is negative`);
    for (const { meta_data } of group.columns) {
      if (meta_data === undefined) {
        throw new Error(`row group ${index} lacks a column's place`);
      }
      const start = meta_data.dictionary_page_offset ||
        meta_data.data_page_offset;
      const length = meta_data.total_compressed_size;
      if (
        start < 4n || length < 0n || start + length > BigInt(size - 8) ||
        meta_data.total_uncompressed_size < 0n || meta_data.num_values < 0n
      ) {
        throw new Error(
          `row group ${index} has column "${
            meta_data.path_in_schema.join(".")
          }" outside the file`,
        );
      }
    }
  }
  if (rows !== num_rows) {
    throw new Error(`its ${num_rows} rows are ${rows} in its row groups`);
  }
}
