import { flattenSteps } from "./flatten_steps.ts";
import type { Component } from "./tokenizer_json.ts";

/**
 * The split that `ByteLevel` applies by itself, GPT-2's. Written with
 * `\p{White_Space}`: JavaScript's `\s` has U+FEFF and lacks U+0085, Rust's is
 * the other way round.
 */
const GPT2_SPLIT =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+";

/** A pre-tokenizer without its last step. */
export interface RewrittenPreTokenizer {
  /** The steps that remain, or null for none. */
  readonly splits: Component | null;
  /**
   * Whether pieces have to be spelled in the byte alphabet after the splits.
   * Kept apart, it is done once per distinct piece.
   */
  readonly byteLevel: boolean;
}

/**
 * Separates the splitting of text from the byte alphabet's spelling and makes
 * the former mean in JavaScript what it means in Rust.
 *
 * @param preTokenizer The `pre_tokenizer` of a `tokenizer.json`.
 * @returns The equivalent in two parts.
 */
export function rewritePreTokenizer(
  preTokenizer: Component | null,
): RewrittenPreTokenizer {
  const steps = flattenSteps(preTokenizer);
  const last = steps.at(-1);
  const byteLevel = last?.type === "ByteLevel" &&
    last.add_prefix_space !== true;
  // A prefix space is added before splitting, so that form stays as it is.
  const kept = byteLevel ? steps.slice(0, -1) : steps;
  if (byteLevel && last?.use_regex !== false) {
    kept.push({
      type: "Split",
      pattern: { Regex: GPT2_SPLIT },
      behavior: "Isolated",
      invert: false,
    });
  }
  const splits = kept.length === 0
    ? null
    : kept.length === 1
    ? kept[0]
    : { type: "Sequence", pretokenizers: kept };
  return { splits, byteLevel };
}
