import { InputError } from "../input_error.ts";
import { mapFile, type MappedFile } from "./mapped_file.ts";
import {
  HEADER_BYTES,
  SHARD_LAYOUTS,
  type ShardLayout,
  type TokenType,
} from "./shard_format.ts";
import type { TokenReader } from "./token_reader.ts";

/** A token file open for reading. */
export interface Shard extends TokenReader {
  /** Path that it was opened by. */
  readonly path: string;
  /** Type in which the file stores ids. */
  readonly dtype: TokenType;
  /** Whether the file is mapped into memory or read piece by piece. */
  readonly mapped: boolean;
}

/** Options of {@linkcode openShard}. */
export interface ShardOptions {
  /**
   * `"auto"` maps the file where the platform allows, `"off"` never.
   *
   * @default "auto"
   */
  readonly mmap?: "auto" | "off";
}

/**
 * Opens a token file in llm.c's format. Never more of it than what is read is
 * in the process's own memory.
 *
 * @param path The file, from an untrusted source.
 * @param options Whether to map it.
 * @returns The shard; close it after use.
 * @throws {InputError} If it is no such file, or claims more tokens than it
 * holds.
 *
 * @example
 * ```ts
 * import { openShard, writeShards } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const [{ path }] = await writeShards([Uint32Array.of(5, 6, 7)], {
 *   folder,
 *   vocabSize: 257,
 * });
 * const shard = openShard(path);
 * const tokens = new Uint32Array(2);
 * shard.read(1, tokens);
 * assertEquals([...tokens], [6, 7]);
 * assertEquals(shard.dtype, "u16");
 * shard.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function openShard(path: string, options: ShardOptions = {}): Shard {
  const fail = (what: string, cause?: unknown): never => {
    throw new InputError(`Cannot open the token shard '${path}': ${what}`, {
      cause,
    });
  };
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (cause) {
    return fail(cause instanceof Error ? cause.message : String(cause), cause);
  }
  try {
    const { size, isFile } = file.statSync();
    if (!isFile) return fail("it is not a file");
    const header = new DataView(new ArrayBuffer(HEADER_BYTES));
    if (size < HEADER_BYTES) {
      return fail(
        `it has ${size} bytes, fewer than the ${HEADER_BYTES} of a header`,
      );
    }
    readFully(file, 0, new Uint8Array(header.buffer));
    const magic = header.getInt32(0, true);
    const version = header.getInt32(4, true);
    const tokenCount = header.getInt32(8, true);
    const layout = Object.values(SHARD_LAYOUTS).find((candidate) =>
      candidate.magic === magic
    );
    if (layout === undefined) {
      return fail(
        `it begins with ${magic}, not with the magic number ${SHARD_LAYOUTS.u16.magic} or ${SHARD_LAYOUTS.u32.magic} of llm.c's token files`,
      );
    }
    if (version !== layout.version) {
      return fail(
        `its version is ${version}; with this magic number it has to be ${layout.version}`,
      );
    }
    const held = Math.floor((size - HEADER_BYTES) / layout.bytesPerToken);
    if (tokenCount < 0 || tokenCount > held) {
      return fail(
        `it claims ${tokenCount} tokens and holds ${held}; it is cut off or damaged`,
      );
    }
    const used = HEADER_BYTES + tokenCount * layout.bytesPerToken;
    const mapping = options.mmap === "off" ? null : mapFile(path, used);
    if (mapping === null) return new ReadShard(path, layout, tokenCount, file);
    file.close();
    return new MappedShard(path, layout, tokenCount, mapping);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Tokens copied out of a mapping; the platforms are all little-endian. */
class MappedShard implements Shard {
  readonly path: string;
  readonly dtype: TokenType;
  readonly mapped = true;
  readonly tokenCount: number;
  readonly #mapping: MappedFile;
  #tokens: Uint16Array | Uint32Array | null;

  constructor(
    path: string,
    layout: ShardLayout,
    tokenCount: number,
    mapping: MappedFile,
  ) {
    this.path = path;
    this.dtype = layout.type;
    this.tokenCount = tokenCount;
    this.#mapping = mapping;
    const { buffer } = mapping.bytes;
    this.#tokens = layout.type === "u16"
      ? new Uint16Array(buffer, HEADER_BYTES, tokenCount)
      : new Uint32Array(buffer, HEADER_BYTES, tokenCount);
  }

  read(offset: number, into: Uint32Array): void {
    checkRange(this, offset, into.length);
    if (this.#tokens === null) throw closed(this.path);
    into.set(this.#tokens.subarray(offset, offset + into.length));
  }

  close(): void {
    // Memory that is given back must not be reachable any more.
    this.#tokens = null;
    this.#mapping.close();
  }
}

/** Tokens read from the file at their places. */
class ReadShard implements Shard {
  readonly path: string;
  readonly dtype: TokenType;
  readonly mapped = false;
  readonly tokenCount: number;
  #file: Deno.FsFile | null;
  #scratch = new Uint16Array();

  constructor(
    path: string,
    layout: ShardLayout,
    tokenCount: number,
    file: Deno.FsFile,
  ) {
    this.path = path;
    this.dtype = layout.type;
    this.tokenCount = tokenCount;
    this.#file = file;
  }

  read(offset: number, into: Uint32Array): void {
    checkRange(this, offset, into.length);
    if (this.#file === null) throw closed(this.path);
    const { bytesPerToken } = SHARD_LAYOUTS[this.dtype];
    if (this.dtype === "u16" && this.#scratch.length < into.length) {
      this.#scratch = new Uint16Array(into.length);
    }
    const target = this.dtype === "u16"
      ? this.#scratch.subarray(0, into.length)
      : into;
    const bytes = new Uint8Array(
      target.buffer,
      target.byteOffset,
      target.byteLength,
    );
    readFully(this.#file, HEADER_BYTES + offset * bytesPerToken, bytes);
    if (target !== into) into.set(target);
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}

function readFully(file: Deno.FsFile, at: number, into: Uint8Array): void {
  file.seekSync(at, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < into.length) {
    const count = file.readSync(into.subarray(filled));
    if (count === null) {
      throw new InputError(
        `Cannot read a token shard: the file ended at byte ${
          at + filled
        } while it was read; it was cut meanwhile`,
      );
    }
    filled += count;
  }
}

function checkRange(shard: Shard, offset: number, count: number): void {
  const valid = Number.isSafeInteger(offset) && offset >= 0 &&
    offset + count <= shard.tokenCount;
  if (!valid) {
    throw new RangeError(
      `Cannot read ${count} tokens at ${offset} of '${shard.path}': it has ${shard.tokenCount}`,
    );
  }
}

function closed(path: string): Error {
  return new Error(`Cannot read '${path}': the shard is closed`);
}
