import { join } from "@std/path";
import { withAtomicFile, writeAll } from "../atomic_write.ts";
import { documentIndexPath } from "./document_ends.ts";
import { FORMATS } from "./find_layout.ts";
import {
  type DocumentTokens,
  PieceStream,
  type TokenPieces,
} from "./piece_stream.ts";
import {
  MAX_SHARD_TOKENS,
  type ShardFormat,
  type ShardFormatName,
  TOKEN_BYTES,
  type TokenType,
} from "./shard_format.ts";

/** Tokens gathered before they are written. */
const BUFFER_TOKENS = 1 << 18;

/** A shard that has been written. */
export interface WrittenShard {
  /** The file. */
  readonly path: string;
  /** Tokens in it. */
  readonly tokens: number;
  /** Documents that end in it, or null where only tokens were given. */
  readonly documents: number | null;
}

/** Options of {@linkcode writeShards}. */
export interface WriteShardsOptions {
  /** Folder that takes the files; has to exist. */
  readonly folder: string;
  /** Number of ids: decides between two and four bytes a token. */
  readonly vocabSize: number;
  /**
   * Tokens that one file takes at most. A file of documents ends with the first
   * document that reaches the number, so that each is whole.
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
  /**
   * Format of the files.
   *
   * @default "llm.c"
   */
  readonly format?: ShardFormatName;
}

/**
 * Writes a stream of tokens as files, each in place only when it is whole. Ids
 * take two bytes where all fit, that is for up to 65,536 of them.
 *
 * Where the pieces say where documents end, so does a file beside each shard:
 * `.index` in datatrove's form (a u64 for each document), or Megatron's `.idx`.
 * What follows the last end of the stream counts as a document.
 *
 * @param tokens The stream: tokens, or tokens with their documents' ends.
 * @param options Where to and how.
 * @returns The files in order; at least one, which may be empty.
 * @throws {RangeError} If a token is not below `vocabSize`, or ends decrease or
 * are outside their piece.
 * @throws {InputError} If the format has no ids of four bytes and needs them.
 *
 * @example
 * ```ts
 * import { openShard, writeShards } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const shards = await writeShards([Uint32Array.of(1, 2, 3, 4, 5)], {
 *   folder,
 *   vocabSize: 257,
 *   shardTokens: 3,
 * });
 * assertEquals(shards.map(({ tokens }) => tokens), [3, 2]);
 *
 * const [{ path }] = await writeShards(
 *   [{ tokens: Uint32Array.of(1, 0, 2, 3, 0), ends: [2, 5] }],
 *   { folder, vocabSize: 257, prefix: "documents" },
 * );
 * const shard = openShard(path);
 * const ends = shard.openEnds();
 * assertEquals(ends?.count, 2);
 * assertEquals(ends?.end(0), 2);
 * ends?.close();
 * shard.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeShards(
  tokens: TokenPieces,
  options: WriteShardsOptions,
): Promise<WrittenShard[]> {
  const limit = options.shardTokens ?? 100_000_000;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_SHARD_TOKENS) {
    throw new RangeError(
      `Cannot write shards of ${limit} tokens: the number has to be in 1 … ${MAX_SHARD_TOKENS}`,
    );
  }
  const { folder, vocabSize, prefix = "tokens" } = options;
  const format = FORMATS[options.format ?? "llm.c"];
  const stream = new PieceStream(tokens);
  const shards: WrittenShard[] = [];
  try {
    do {
      const number = String(shards.length).padStart(6, "0");
      const path = join(folder, `${prefix}_${number}${format.extension}`);
      shards.push(
        await withAtomicFile(path, async (file) => {
          const writer = new TokenFile(file, format, vocabSize);
          await writer.begin();
          while (await stream.fill()) {
            const count = stream.room(writer.count, writer.atEnd, limit);
            if (count === 0) break;
            await writer.append(stream.take(count));
          }
          return await writer.finish(path, stream.hasDocuments);
        }),
      );
    } while (await stream.fill());
  } finally {
    // Tells a stream that feeds this that nobody takes more.
    await stream.close();
  }
  return shards;
}

class TokenFile {
  count = 0;
  readonly #file: Deno.FsFile;
  readonly #format: ShardFormat;
  readonly #type: TokenType;
  readonly #vocabSize: number;
  readonly #buffer: Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  #buffered = 0;
  #ends = new Uint32Array(1024);
  #documents = 0;

  constructor(file: Deno.FsFile, format: ShardFormat, vocabSize: number) {
    this.#file = file;
    this.#format = format;
    this.#vocabSize = vocabSize;
    this.#type = vocabSize <= 65_536 ? "u16" : "u32";
    this.#buffer = this.#type === "u16"
      ? new Uint16Array(BUFFER_TOKENS)
      : new Uint32Array(BUFFER_TOKENS);
  }

  /** Whether no document is open. */
  get atEnd(): boolean {
    return this.count === this.#lastEnd;
  }

  get #lastEnd(): number {
    return this.#documents === 0 ? 0 : this.#ends[this.#documents - 1];
  }

  /** Leaves room for a header, which counts the tokens. */
  async begin(): Promise<void> {
    const type = this.#type;
    const header = this.#format.header({ type, tokenCount: 0 });
    await writeAll(this.#file, header);
  }

  async append({ tokens, ends }: DocumentTokens): Promise<void> {
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
    for (let i = 0; i < ends.length; i++) this.#addEnd(this.count + ends[i]);
    this.count += tokens.length;
  }

  /** Writes what belongs beside the file, and the header. */
  async finish(path: string, hasDocuments: boolean): Promise<WrittenShard> {
    await this.#flush();
    if (hasDocuments) this.#addEnd(this.count);
    const content = { type: this.#type, tokenCount: this.count };
    await this.#file.seek(0, Deno.SeekMode.Start);
    await writeAll(this.#file, this.#format.header(content));
    const ends = hasDocuments ? this.#ends.subarray(0, this.#documents) : null;
    const sides = this.#format.sideFiles(path, { ...content, ends });
    for (const side of sides) {
      await withAtomicFile(side.path, async (file) => {
        for (const chunk of side.chunks) await writeAll(file, chunk);
      });
    }
    if (!hasDocuments && sides.length === 0) {
      // One that an earlier file left would belong to other tokens.
      await Deno.remove(documentIndexPath(path)).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
    return { path, tokens: this.count, documents: ends?.length ?? null };
  }

  /** Documents without tokens leave no mark. */
  #addEnd(end: number): void {
    if (end === this.#lastEnd) return;
    if (this.#documents === this.#ends.length) {
      const more = new Uint32Array(this.#ends.length * 2);
      more.set(this.#ends);
      this.#ends = more;
    }
    this.#ends[this.#documents++] = end;
  }

  async #flush(): Promise<void> {
    const bytes = new Uint8Array(
      this.#buffer.buffer,
      0,
      this.#buffered * TOKEN_BYTES[this.#type],
    );
    await writeAll(this.#file, bytes);
    this.#buffered = 0;
  }
}
