import { InputError } from "../input_error.ts";
import type { DocumentEnds } from "./document_ends.ts";
import { JoinedEnds } from "./joined_ends.ts";
import { openShard, type Shard, type ShardOptions } from "./shard.ts";
import type { TokenReader } from "./token_reader.ts";

/** Options of {@linkcode TokenSource.open}. */
export interface TokenSourceOptions extends ShardOptions {
  /** Number of ids; a token that is not below it is bad input. */
  readonly vocabSize: number;
  /**
   * First token of the stretch that the source gives.
   *
   * @default 0
   */
  readonly start?: number;
  /** End of the stretch; the end of the last shard unless given. */
  readonly end?: number;
}

/** Tokens that are checked together: few enough to cost a read little. */
const BLOCK_TOKENS = 4096;

/**
 * Several shards as one stream of tokens that can be read at any place. Each
 * token is checked against the vocabulary once, with its block, when one of
 * the block is read first.
 *
 * @example
 * ```ts
 * import { TokenSource, writeShards } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const shards = await writeShards([Uint32Array.of(1, 2, 3, 4, 5)], {
 *   folder,
 *   vocabSize: 257,
 *   shardTokens: 3,
 * });
 * const source = TokenSource.open(shards.map(({ path }) => path), {
 *   vocabSize: 257,
 * });
 * const tokens = new Uint32Array(3);
 * source.read(1, tokens);
 * assertEquals([...tokens], [2, 3, 4]);
 * source.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class TokenSource implements TokenReader {
  /** Tokens of the stretch. */
  readonly tokenCount: number;
  /** Number of ids that a token must be below. */
  readonly vocabSize: number;
  readonly #shards: readonly Shard[];
  /** Position of each shard's first token, ascending. */
  readonly #starts: readonly number[];
  readonly #start: number;
  /** A bit for each block of each shard that has been checked. */
  readonly #checked: readonly Uint8Array[];
  readonly #block: Uint32Array = new Uint32Array(BLOCK_TOKENS);
  #documents: JoinedEnds | null | undefined;

  private constructor(
    shards: readonly Shard[],
    options: TokenSourceOptions,
  ) {
    this.#shards = shards;
    this.vocabSize = options.vocabSize;
    const starts: number[] = [];
    let total = 0;
    for (const shard of shards) {
      starts.push(total);
      total += shard.tokenCount;
    }
    this.#starts = starts;
    this.#checked = shards.map(({ tokenCount }) =>
      new Uint8Array(Math.ceil(tokenCount / BLOCK_TOKENS / 8))
    );
    const { start = 0, end = total } = options;
    if (!(start >= 0 && start <= end && end <= total)) {
      throw new RangeError(
        `Cannot give the tokens ${start} … ${end} of shards that hold ${total}`,
      );
    }
    this.#start = start;
    this.tokenCount = end - start;
  }

  /**
   * Opens shards as one stream.
   *
   * @param paths The shards in order.
   * @param options The vocabulary, and which stretch to give.
   * @returns The source; close it after use.
   * @throws {InputError} If a shard is not one, or claims more tokens than it
   * holds.
   */
  static open(
    paths: readonly string[],
    options: TokenSourceOptions,
  ): TokenSource {
    const shards: Shard[] = [];
    try {
      for (const path of paths) shards.push(openShard(path, options));
      return new TokenSource(shards, options);
    } catch (error) {
      for (const shard of shards) shard.close();
      throw error;
    }
  }

  /**
   * Reads `into.length` tokens, over the borders of shards.
   *
   * @param offset Position of the first.
   * @param into Takes them.
   * @throws {RangeError} If they reach past the end.
   * @throws {InputError} If one of their block is not in the vocabulary, which
   * names the shard and the position, or if a shard was cut meanwhile.
   */
  read(offset: number, into: Uint32Array): void {
    const valid = Number.isSafeInteger(offset) && offset >= 0 &&
      offset + into.length <= this.tokenCount;
    if (!valid) {
      throw new RangeError(
        `Cannot read ${into.length} tokens at ${offset}: there are ${this.tokenCount}`,
      );
    }
    let filled = 0;
    let index = this.#shardAt(this.#start + offset);
    while (filled < into.length) {
      const shard = this.#shards[index];
      const from = this.#start + offset + filled - this.#starts[index];
      const count = Math.min(into.length - filled, shard.tokenCount - from);
      this.#check(index, from, count);
      const whole = count === into.length;
      shard.read(from, whole ? into : into.subarray(filled, filled + count));
      filled += count;
      index++;
    }
  }

  /**
   * Where the stretch's documents end. Opened and checked when it is asked for
   * first.
   *
   * @returns The ends, or null where a shard does not say.
   * @throws {InputError} If a shard's ends cannot be.
   */
  documents(): DocumentEnds | null {
    this.#documents ??= JoinedEnds.open(
      this.#shards,
      this.#start,
      this.#start + this.tokenCount,
    );
    return this.#documents;
  }

  /** Closes all shards. */
  close(): void {
    this.#documents?.close();
    for (const shard of this.#shards) shard.close();
  }

  /** The last shard that starts at or before a position. */
  #shardAt(position: number): number {
    let low = 0, high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] <= position) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Checks the blocks of tokens of a shard that have not been yet. */
  #check(index: number, from: number, count: number): void {
    const shard = this.#shards[index];
    // No u16 is outside of 65,536 ids.
    if (shard.dtype === "u16" && this.vocabSize >= 65_536) return;
    const checked = this.#checked[index];
    const last = Math.floor((from + count - 1) / BLOCK_TOKENS);
    for (let b = Math.floor(from / BLOCK_TOKENS); b <= last; b++) {
      const bit = 1 << (b & 7);
      if ((checked[b >>> 3] & bit) !== 0) continue;
      const start = b * BLOCK_TOKENS;
      const tokens = this.#block.subarray(
        0,
        Math.min(BLOCK_TOKENS, shard.tokenCount - start),
      );
      shard.read(start, tokens);
      this.#checkTokens(tokens, shard, start);
      checked[b >>> 3] |= bit;
    }
  }

  #checkTokens(tokens: Uint32Array, shard: Shard, from: number): void {
    const limit = this.vocabSize;
    for (let i = 0; i < tokens.length; i++) {
      if (tokens[i] < limit) continue;
      throw new InputError(
        `Cannot use the token shard '${shard.path}': token ${from + i} is ${
          tokens[i]
        } and the vocabulary has ${limit} ids; was it made with another tokenizer?`,
      );
    }
  }
}
