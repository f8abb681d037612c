import { join } from "@std/path";
import { withAtomicFile, writeAll } from "../atomic_write.ts";
import {
  HEADER_BYTES,
  MAX_SHARD_TOKENS,
  SHARD_LAYOUTS,
  type ShardLayout,
} from "./shard_format.ts";

/** Tokens gathered before they are written. */
const BUFFER_TOKENS = 1 << 18;

/** A shard that has been written. */
export interface WrittenShard {
  /** The file. */
  readonly path: string;
  /** Tokens in it. */
  readonly tokens: number;
}

/** Options of {@linkcode writeShards}. */
export interface WriteShardsOptions {
  /** Folder that takes the files; has to exist. */
  readonly folder: string;
  /** Number of ids: decides between two and four bytes a token. */
  readonly vocabSize: number;
  /**
   * Tokens that one file takes at most.
   *
   * @default 100_000_000
   */
  readonly shardTokens?: number;
  /**
   * What the files' names begin with: `PREFIX_000000.bin` and so on.
   *
   * @default "tokens"
   */
  readonly prefix?: string;
}

/**
 * Writes a stream of tokens as files in llm.c's format, each in place only when
 * it is whole. Ids take two bytes where all fit, that is for up to 65,536 of
 * them.
 *
 * @param tokens The stream, in pieces of any length.
 * @param options Where to and how.
 * @returns The files in order; at least one, which may be empty.
 * @throws {RangeError} If a token is not below `vocabSize`.
 *
 * @example
 * ```ts
 * import { writeShards } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const shards = await writeShards([Uint32Array.of(1, 2, 3, 4, 5)], {
 *   folder,
 *   vocabSize: 257,
 *   shardTokens: 3,
 * });
 * assertEquals(shards.map(({ tokens }) => tokens), [3, 2]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeShards(
  tokens: AsyncIterable<Uint32Array> | Iterable<Uint32Array>,
  options: WriteShardsOptions,
): Promise<WrittenShard[]> {
  const limit = options.shardTokens ?? 100_000_000;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_SHARD_TOKENS) {
    throw new RangeError(
      `Cannot write shards of ${limit} tokens: the number has to be in 1 … ${MAX_SHARD_TOKENS}`,
    );
  }
  const layout = SHARD_LAYOUTS[options.vocabSize <= 65_536 ? "u16" : "u32"];
  const pieces = pieceIterator(tokens);
  const shards: WrittenShard[] = [];
  // What the last file had no room for.
  let rest: Uint32Array = new Uint32Array();
  let ended = false;
  try {
    while (!ended) {
      const number = String(shards.length).padStart(6, "0");
      const path = join(
        options.folder,
        `${options.prefix ?? "tokens"}_${number}.bin`,
      );
      const count = await withAtomicFile(path, async (file) => {
        const writer = new TokenFile(file, layout, options.vocabSize);
        await writer.begin();
        for (;;) {
          const room = limit - writer.count;
          await writer.append(rest.subarray(0, room));
          rest = rest.subarray(room);
          if (rest.length > 0) break;
          const next = await pieces.next();
          if (next.done) {
            ended = true;
            break;
          }
          rest = next.value;
        }
        await writer.finish();
        return writer.count;
      });
      shards.push({ path, tokens: count });
    }
  } finally {
    // Tells a stream that feeds this that nobody takes more.
    await pieces.return(undefined);
  }
  return shards;
}

async function* pieceIterator(
  tokens: AsyncIterable<Uint32Array> | Iterable<Uint32Array>,
): AsyncGenerator<Uint32Array> {
  yield* tokens;
}

class TokenFile {
  count = 0;
  readonly #file: Deno.FsFile;
  readonly #layout: ShardLayout;
  readonly #vocabSize: number;
  readonly #buffer: Uint16Array | Uint32Array;
  #buffered = 0;

  constructor(file: Deno.FsFile, layout: ShardLayout, vocabSize: number) {
    this.#file = file;
    this.#layout = layout;
    this.#vocabSize = vocabSize;
    this.#buffer = layout.type === "u16"
      ? new Uint16Array(BUFFER_TOKENS)
      : new Uint32Array(BUFFER_TOKENS);
  }

  /** Leaves room for the header, which counts the tokens. */
  async begin(): Promise<void> {
    await writeAll(this.#file, new Uint8Array(HEADER_BYTES));
  }

  async append(tokens: Uint32Array): Promise<void> {
    for (const token of tokens) {
      if (token >= this.#vocabSize) {
        throw new RangeError(
          `Cannot write the token ${token}: the vocabulary has ${this.#vocabSize}`,
        );
      }
    }
    for (let start = 0; start < tokens.length;) {
      const room = BUFFER_TOKENS - this.#buffered;
      const part = tokens.subarray(start, start + room);
      this.#buffer.set(part, this.#buffered);
      this.#buffered += part.length;
      start += part.length;
      if (this.#buffered === BUFFER_TOKENS) await this.#flush();
    }
    this.count += tokens.length;
  }

  async finish(): Promise<void> {
    await this.#flush();
    const header = new DataView(new ArrayBuffer(HEADER_BYTES));
    header.setInt32(0, this.#layout.magic, true);
    header.setInt32(4, this.#layout.version, true);
    header.setInt32(8, this.count, true);
    await this.#file.seek(0, Deno.SeekMode.Start);
    await writeAll(this.#file, new Uint8Array(header.buffer));
  }

  async #flush(): Promise<void> {
    const bytes = new Uint8Array(
      this.#buffer.buffer,
      0,
      this.#buffered * this.#layout.bytesPerToken,
    );
    await writeAll(this.#file, bytes);
    this.#buffered = 0;
  }
}
