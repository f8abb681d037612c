import { characterCount } from "./character_count.ts";

/** How many of the parts of a text were there before. */
export interface Duplicates {
  /** Parts that were there before, of all: 0 to 1. */
  readonly share: number;
  /** Characters in them. */
  readonly characters: number;
}

/**
 * Finds the parts of a text that were there before.
 *
 * @param parts Its lines or paragraphs, in order; at least one.
 * @returns How many they are, the first of each not counted.
 */
export function findDuplicates(parts: readonly string[]): Duplicates {
  const seen = new Set<string>();
  let count = 0;
  let characters = 0;
  for (const part of parts) {
    if (seen.has(part)) {
      count++;
      characters += characterCount(part);
    } else {
      seen.add(part);
    }
  }
  return { share: count / parts.length, characters };
}
