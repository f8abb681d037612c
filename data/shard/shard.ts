import type { DocumentEnds } from "./document_ends.ts";
import { findLayout } from "./find_layout.ts";
import { mapFile, type MappedFile } from "./mapped_file.ts";
import { shardError, ShardFile } from "./shard_file.ts";
import {
  type ShardFormatName,
  type ShardLayout,
  TOKEN_BYTES,
  type TokenType,
} from "./shard_format.ts";
import type { TokenReader } from "./token_reader.ts";

/** A token file open for reading. */
export interface Shard extends TokenReader {
  /** Path that it was opened by. */
  readonly path: string;
  /** Type in which the file stores ids. */
  readonly dtype: TokenType;
  /** Format of the file. */
  readonly format: ShardFormatName;
  /** Whether the file is mapped into memory or read piece by piece. */
  readonly mapped: boolean;
  /**
   * Where its documents end.
   *
   * @returns The ends, checked, to be closed after use; null where the shard
   * does not say.
   * @throws {InputError} If they cannot be.
   */
  openEnds(): DocumentEnds | null;
}

/** Options of {@linkcode openShard}. */
export interface ShardOptions {
  /**
   * `"auto"` maps the file where the platform allows, `"off"` never.
   *
   * @default "auto"
   */
  readonly mmap?: "auto" | "off";
  /**
   * Format of the file. Unless given it is told by name and first bytes:
   * `.ds` is datatrove's, `.idx` and a `.bin` beside it are Megatron's, and any
   * other `.bin` is llm.c's if it has its magic number, and nanoGPT's if not.
   */
  readonly format?: ShardFormatName;
}

/**
 * Opens a token file of llm.c, nanoGPT, datatrove or Megatron. Never more of it
 * than what is read is in the process's own memory.
 *
 * A file may be moved or removed while it is open, but not cut: that is noticed
 * within a tenth of a second where it is mapped, and a read before that ends
 * the process.
 *
 * @param path The file, from an untrusted source.
 * @param options Its format, and whether to map it.
 * @returns The shard; close it after use.
 * @throws {InputError} If it is no such file, or what it says of its size is
 * not so.
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
  const layout = findLayout(path, options.format);
  const file = ShardFile.open(layout.path);
  try {
    const used = layout.start + layout.tokenCount * TOKEN_BYTES[layout.type];
    if (file.size < used) {
      throw shardError(layout.path, "it was cut while it was being opened");
    }
    const mapping = options.mmap === "off" ? null : mapFile(layout.path, used);
    return mapping === null
      ? new ReadShard(path, layout, file)
      : new MappedShard(path, layout, file, mapping);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** What both ways of reading have in common. */
abstract class OpenShard implements Shard {
  readonly path: string;
  readonly dtype: TokenType;
  readonly format: ShardFormatName;
  readonly tokenCount: number;
  readonly openEnds: () => DocumentEnds | null;
  abstract readonly mapped: boolean;
  protected readonly start: number;
  protected readonly file: ShardFile;
  #closed = false;

  constructor(path: string, layout: ShardLayout, file: ShardFile) {
    this.path = path;
    this.dtype = layout.type;
    this.format = layout.format;
    this.tokenCount = layout.tokenCount;
    this.openEnds = layout.openEnds;
    this.start = layout.start;
    this.file = file;
  }

  read(offset: number, into: Uint32Array): void {
    const valid = Number.isSafeInteger(offset) && offset >= 0 &&
      offset + into.length <= this.tokenCount;
    if (!valid) {
      throw new RangeError(
        `Cannot read ${into.length} tokens at ${offset} of '${this.path}': it has ${this.tokenCount}`,
      );
    }
    if (this.#closed) {
      throw new Error(`Cannot read '${this.path}': the shard is closed`);
    }
    this.copy(offset, into);
  }

  close(): void {
    this.#closed = true;
    this.file.close();
  }

  /** Copies tokens that are known to be there. */
  protected abstract copy(offset: number, into: Uint32Array): void;
}

/** Milliseconds after which a mapped file's size is looked at again. */
const CHECK_EVERY = 100;

/** Tokens copied out of a mapping; the platforms are all little-endian. */
class MappedShard extends OpenShard {
  readonly mapped = true;
  readonly #mapping: MappedFile;
  #tokens: Uint16Array | Uint32Array;
  #checked = Date.now();

  constructor(
    path: string,
    layout: ShardLayout,
    file: ShardFile,
    mapping: MappedFile,
  ) {
    super(path, layout, file);
    this.#mapping = mapping;
    const { buffer } = mapping.bytes;
    this.#tokens = layout.type === "u16"
      ? new Uint16Array(buffer, layout.start, layout.tokenCount)
      : new Uint32Array(buffer, layout.start, layout.tokenCount);
  }

  protected override copy(offset: number, into: Uint32Array): void {
    const now = Date.now();
    // A clock that was set back must not put it off.
    if (Math.abs(now - this.#checked) > CHECK_EVERY) {
      this.#checked = now;
      // Memory past a file's end must not be touched: the system kills for it.
      this.file.checkSize();
    }
    into.set(this.#tokens.subarray(offset, offset + into.length));
  }

  override close(): void {
    super.close();
    // Memory that is given back must not be reachable any more.
    this.#tokens = new Uint16Array();
    this.#mapping.close();
  }
}

/** Tokens read from the file at their places. */
class ReadShard extends OpenShard {
  readonly mapped = false;
  #scratch = new Uint16Array();

  protected override copy(offset: number, into: Uint32Array): void {
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
    this.file.read(this.start + offset * TOKEN_BYTES[this.dtype], bytes);
    if (target !== into) into.set(target);
  }
}
