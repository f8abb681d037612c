import { InputError } from "../input_error.ts";
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

/**
 * Several shards as one stream of tokens that can be read at any place.
 * Each token is checked against the vocabulary as it is read.
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
   * @throws {InputError} If one is not in the vocabulary; names the shard and
   * the position.
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
      const part = into.subarray(filled, filled + count);
      shard.read(from, part);
      this.#check(part, shard, from);
      filled += count;
      index++;
    }
  }

  /** Closes all shards. */
  close(): void {
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

  #check(tokens: Uint32Array, shard: Shard, from: number): void {
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
