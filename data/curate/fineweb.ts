import { integer, number } from "../schema.ts";
import { characterCount } from "./character_count.ts";
import { countOccurrences } from "./count_occurrences.ts";
import { endsSentence } from "./ends_sentence.ts";
import { findDuplicates } from "./find_duplicates.ts";
import type { StepDefinition } from "./step_definition.ts";
import { WordScanner } from "./word_scanner.ts";

/** Options of the step `fineweb`. */
export interface FineWebOptions {
  /** Smallest share of lines that end in a sentence's end. */
  readonly min_punctuated_lines: number;
  /** Largest share of short lines. */
  readonly max_short_lines: number;
  /** Characters of the longest short line. */
  readonly short_line_length: number;
  /** Largest share of characters in lines that were there before. */
  readonly max_duplicate_line_characters: number;
  /** Most line ends a word. */
  readonly max_line_ends: number;
}

/**
 * The rules that FineWeb added to Gopher's and C4's (Penedo et al. 2024,
 * arXiv 2406.17557, section 3.6). Lines without anything but white space do
 * not count. A document is dropped by the first rule that it fails, in this
 * order: `empty`, `few_punctuated_lines`, `many_short_lines`,
 * `duplicate_line_characters`, `many_line_ends`.
 */
export const FINEWEB: StepDefinition<FineWebOptions> = {
  name: "fineweb",
  summary: "drops lists, menus and repeated lines",
  options: {
    min_punctuated_lines: number({
      default: 0.12,
      minimum: 0,
      maximum: 1,
      description: "smallest share of lines that end in a sentence's end",
    }),
    max_short_lines: number({
      default: 0.67,
      minimum: 0,
      maximum: 1,
      description: "largest share of short lines",
    }),
    short_line_length: integer({
      default: 30,
      minimum: 0,
      description: "characters of the longest short line",
    }),
    max_duplicate_line_characters: number({
      default: 0.01,
      minimum: 0,
      maximum: 1,
      description: "largest share of characters in lines that came before",
    }),
    max_line_ends: number({
      default: 0.3,
      minimum: 0,
      description: "most line ends a word",
    }),
  },
  make: (options) => ({
    kind: "document",
    name: "fineweb",
    judge(document) {
      const dropped = failedRule(document.text, options);
      return dropped === undefined ? document : { dropped };
    },
  }),
};

function failedRule(text: string, options: FineWebOptions): string | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) return "empty";

  const punctuated = lines.filter(endsSentence).length;
  if (punctuated / lines.length < options.min_punctuated_lines) {
    return "few_punctuated_lines";
  }
  const short =
    lines.filter((line) => characterCount(line) <= options.short_line_length)
      .length;
  if (short / lines.length > options.max_short_lines) return "many_short_lines";

  const lineEnds = countOccurrences(text, "\n");
  const characters = characterCount(text) - lineEnds;
  const duplicate = findDuplicates(lines).characters / characters;
  if (duplicate > options.max_duplicate_line_characters) {
    return "duplicate_line_characters";
  }
  let words = 0;
  const scanner = new WordScanner(text);
  while (scanner.next()) words++;
  if (lineEnds / words > options.max_line_ends) return "many_line_ends";
  return undefined;
}
