import { flattenSteps } from "../flatten_steps.ts";
import type { Component } from "../tokenizer_json.ts";
import { gpt4Split, type NextPiece, SPLITS } from "./split.ts";

/** Other spellings of GPT-4's split: Llama 3's, Qwen's, tiktoken's own. */
const GPT4_SPELLINGS: readonly ((numbers: string) => string)[] = [
  (numbers) =>
    `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  (numbers) =>
    `'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+`,
  (numbers) =>
    `'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+`,
];

const KNOWN: ReadonlyMap<string, NextPiece> = new Map([
  [SPLITS.gpt2.pattern, SPLITS.gpt2.next] as const,
  ...GPT4_SPELLINGS.flatMap((spelling) => [
    [spelling("\\p{N}"), gpt4Split(1)] as const,
    [spelling("\\p{N}{1,2}"), gpt4Split(2)] as const,
    [spelling("\\p{N}{1,3}"), gpt4Split(3)] as const,
  ]),
]);

/**
 * Finds the scanner of a byte-level pre-tokenizer.
 *
 * @param preTokenizer The `pre_tokenizer` of a `tokenizer.json`.
 * @returns What splits as it does, or null where nothing here does.
 */
export function knownSplit(preTokenizer: Component | null): NextPiece | null {
  const steps = flattenSteps(preTokenizer);
  const last = steps.pop();
  // Without the field, a space is put in front.
  if (last?.type !== "ByteLevel" || last.add_prefix_space !== false) {
    return null;
  }
  if (last.use_regex !== false) {
    return steps.length === 0 ? SPLITS.gpt2.next : null;
  }
  const [split] = steps;
  if (
    steps.length !== 1 || split.type !== "Split" ||
    split.behavior !== "Isolated" || split.invert === true
  ) return null;
  const { pattern } = split;
  return typeof pattern === "object" && pattern !== null &&
      "Regex" in pattern && typeof pattern.Regex === "string"
    ? KNOWN.get(pattern.Regex) ?? null
    : null;
}
