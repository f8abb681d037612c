import type { AddedToken } from "./tokenizer_json.ts";

/**
 * Matches tokens spelled out in text, the longest of several that start at one
 * place.
 *
 * @param tokens What to look for.
 * @returns A pattern whose one group is the match, or null for no tokens.
 */
export function addedPattern(tokens: readonly AddedToken[]): RegExp | null {
  const contents = tokens.map(({ content }) => content)
    .filter((content) => content !== "")
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  return contents.length === 0 ? null : new RegExp(`(${contents.join("|")})`);
}
