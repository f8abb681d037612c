import { TokenSource } from "../shard/token_source.ts";
import type { ShardOptions } from "../shard/shard.ts";

/** A part of a corpus, as tokens on disk. */
export interface CorpusPart {
  /** The token files in order. */
  readonly shards: readonly string[];
  /** Position of the part's first token in them. */
  readonly start: number;
  /** Tokens of the part, end-of-text tokens included. */
  readonly tokens: number;
  /** Documents that begin in it, or null where only tokens were given. */
  readonly documents: number | null;
  /**
   * UTF-8 bytes of its text, for bits per byte, or null where only tokens were
   * given.
   */
  readonly bytes: number | null;
  /** Tokens of the contexts that documents were fitted into, if they were. */
  readonly packedContext?: number;
}

/** What to train and to validate on. */
export interface Corpus {
  /** What to train on. */
  readonly train: CorpusPart;
  /** Text kept from training, or null where none was asked for. */
  readonly validation: CorpusPart | null;
  /** Whether an earlier preparation of the same data was used again. */
  readonly reused: boolean;
}

/** Options of {@linkcode openPart}. */
export interface OpenPartOptions extends ShardOptions {
  /** Number of ids of the tokenizer that made the tokens. */
  readonly vocabSize: number;
}

/**
 * Opens a part for reading.
 *
 * @param part Which part.
 * @param options The vocabulary, and whether to map files.
 * @returns Its tokens; close them after use.
 * @throws {InputError} If a file is missing or damaged.
 *
 * @example
 * ```ts
 * import { openPart, writeShards } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const [shard] = await writeShards([Uint32Array.of(5, 6, 7)], {
 *   folder,
 *   vocabSize: 257,
 * });
 * const part = {
 *   shards: [shard.path],
 *   start: 1,
 *   tokens: 2,
 *   documents: null,
 *   bytes: null,
 * };
 * const source = openPart(part, { vocabSize: 257 });
 * const tokens = new Uint32Array(source.tokenCount);
 * source.read(0, tokens);
 * assertEquals([...tokens], [6, 7]);
 * source.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function openPart(
  part: CorpusPart,
  options: OpenPartOptions,
): TokenSource {
  return TokenSource.open(part.shards, {
    ...options,
    start: part.start,
    end: part.start + part.tokens,
  });
}
