import { BYTE_ALPHABET } from "../byte_alphabet.ts";
import type { TokenizerJson } from "../tokenizer_json.ts";
import { ByteStrings } from "./byte_strings.ts";
import { PairTable } from "./pair_table.ts";

const BYTE_OF: ReadonlyMap<string, number> = new Map(
  BYTE_ALPHABET.map((character, byte) => [character, byte]),
);

/** A byte-pair vocabulary over bytes, in arrays. */
export interface ByteLevelModel {
  /** Id of each byte. */
  readonly byteIds: Int32Array;
  /** The pairs that can be merged. */
  readonly pairs: PairTable;
  /** By number of the pair: lower is merged first. */
  readonly ranks: Int32Array;
  /** By number of the pair: what it becomes. */
  readonly merged: Int32Array;
  /** Where whole pre-tokens are looked up before any merge: all tokens. */
  readonly whole:
    | { readonly strings: ByteStrings; readonly ids: readonly number[] }
    | null;
}

/**
 * Reads a byte-level byte-pair model.
 *
 * @param json A `tokenizer.json`.
 * @returns The model, or null where it is of another kind: one that drops
 * merges at random, marks words, or lacks a byte.
 */
export function byteLevelModel(
  { model }: TokenizerJson,
): ByteLevelModel | null {
  const { vocab, merges } = model;
  if (
    model.type !== "BPE" || model.dropout || model.continuing_subword_prefix ||
    model.end_of_word_suffix || !isVocabulary(vocab) || !Array.isArray(merges)
  ) return null;
  const ids = new Map(Object.entries(vocab));
  const byteIds = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const id = ids.get(BYTE_ALPHABET[byte]);
    if (id === undefined) return null;
    byteIds[byte] = id;
  }
  const pairs = new PairTable();
  const ranks = new Int32Array(merges.length);
  const merged = new Int32Array(merges.length);
  for (let rank = 0; rank < merges.length; rank++) {
    const merge: unknown = merges[rank];
    const parts = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(parts) || parts.length !== 2) return null;
    const [left, right] = parts.map((part) => ids.get(part));
    const token = ids.get(parts.join(""));
    if (left === undefined || right === undefined || token === undefined) {
      return null;
    }
    const pair = pairs.add(left, right);
    // Of a pair that comes twice the later rank counts, as in Rust.
    ranks[pair] = rank;
    merged[pair] = token;
  }
  const whole = model.ignore_merges === true ? wholeTokens(ids) : null;
  return { byteIds, pairs, ranks, merged, whole };
}

/**
 * The bytes that a token stands for, if it is spelled in the byte alphabet.
 *
 * @param token Its spelling.
 * @returns Its bytes; those of the spelling itself where it has characters
 * that stand for none.
 */
export function tokenBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = BYTE_OF.get(token[i]);
    if (byte === undefined) return new TextEncoder().encode(token);
    bytes[i] = byte;
  }
  return bytes;
}

function wholeTokens(
  ids: ReadonlyMap<string, number>,
): { strings: ByteStrings; ids: number[] } {
  const strings = new ByteStrings();
  const found: number[] = [];
  for (const [token, id] of ids) {
    if (![...token].every((character) => BYTE_OF.has(character))) continue;
    const bytes = tokenBytes(token);
    found[strings.add(bytes, 0, bytes.length)] = id;
  }
  return { strings, ids: found };
}

function isVocabulary(
  value: unknown,
): value is Readonly<Record<string, number>> {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((id) => typeof id === "number");
}
