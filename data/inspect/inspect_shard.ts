import { openShard, type Shard } from "../shard/shard.ts";
import type { ShardFormatName, TokenType } from "../shard/shard_format.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import { LengthCounts, type Lengths } from "./length_counts.ts";

/** Tokens read at a time. */
const CHUNK_TOKENS = 1 << 20;
/** Tokens decoded of a document's beginning. */
const BEGINNING_TOKENS = 64;

/** A document as an inspection shows it. */
export interface DocumentBeginning {
  /** Which of the shard's documents, from 0. */
  readonly index: number;
  /** Position of its first token in the shard. */
  readonly start: number;
  /** Its tokens. */
  readonly tokens: number;
  /** Text of the first of them; null without a tokenizer. */
  readonly text: string | null;
  /** The first of them. */
  readonly ids: readonly number[];
}

/** What is in a token file. */
export interface ShardDescription {
  /** The file. */
  readonly path: string;
  /** Layout of the file. */
  readonly format: ShardFormatName;
  /** Type of an id in it. */
  readonly dtype: TokenType;
  /** How many tokens. */
  readonly tokens: number;
  /** Largest id; a vocabulary has to be larger. */
  readonly largestToken: number;
  /** Whether it says where documents end, or end-of-text tokens do. */
  readonly boundaries: "file" | "end of text" | "unknown";
  /** Lengths of its documents in tokens; null where nothing tells them. */
  readonly lengths: Lengths | null;
  /** The first documents. */
  readonly beginnings: readonly DocumentBeginning[];
}

/**
 * Looks into a token file: counts its documents and reads the first ones.
 *
 * @param path The file, from an untrusted source.
 * @param tokenizer What made it; null where it is not known.
 * @param documents How many documents to show.
 * @returns What is in it.
 * @throws {InputError} If it is no token file, or damaged.
 */
export function inspectShard(
  path: string,
  tokenizer: Tokenizer | null,
  documents: number,
): ShardDescription {
  const shard = openShard(path);
  try {
    const counts = new LengthCounts();
    const shown: { start: number; tokens: number }[] = [];
    let start = 0;
    const endAt = (end: number): void => {
      if (shown.length < documents) shown.push({ start, tokens: end - start });
      counts.add(end - start);
      start = end;
    };
    const ends = shard.openEnds();
    const endOfText = ends === null ? tokenizer?.endOfText : undefined;
    const largestToken = scan(shard, endOfText, endAt);
    if (ends !== null) {
      for (let i = 0; i < ends.count; i++) endAt(ends.end(i));
      ends.close();
    } else if (endOfText !== undefined && start < shard.tokenCount) {
      endAt(shard.tokenCount);
    }
    return {
      path,
      format: shard.format,
      dtype: shard.dtype,
      tokens: shard.tokenCount,
      largestToken,
      boundaries: ends !== null
        ? "file"
        : endOfText !== undefined
        ? "end of text"
        : "unknown",
      lengths: counts.lengths(),
      beginnings: shown.map(({ start, tokens }, index) => {
        const ids = new Uint32Array(Math.min(tokens, BEGINNING_TOKENS));
        shard.read(start, ids);
        const text = tokenizer?.decode(ids) ?? null;
        return { index, start, tokens, text, ids: [...ids] };
      }),
    };
  } finally {
    shard.close();
  }
}

/** Finds the largest token, and tells the position after each end of text. */
function scan(
  shard: Shard,
  endOfText: number | undefined,
  onEnd: (position: number) => void,
): number {
  let largest = 0;
  for (let start = 0; start < shard.tokenCount; start += CHUNK_TOKENS) {
    const count = Math.min(CHUNK_TOKENS, shard.tokenCount - start);
    const tokens = new Uint32Array(count);
    shard.read(start, tokens);
    for (let i = 0; i < count; i++) {
      if (tokens[i] > largest) largest = tokens[i];
      if (tokens[i] === endOfText) onEnd(start + i + 1);
    }
  }
  return largest;
}
