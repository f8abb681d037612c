import { type Field, number } from "../schema.ts";
import { characterCount } from "./character_count.ts";
import { findDuplicates } from "./find_duplicates.ts";
import { RepeatedWords } from "./repeated_words.ts";
import type { StepDefinition } from "./step_definition.ts";

/** Options of the step `gopher_repetition`: largest shares, from 0 to 1. */
export interface GopherRepetitionOptions {
  /** Paragraphs that were there before. */
  readonly max_duplicate_paragraphs: number;
  /** Characters in them. */
  readonly max_duplicate_paragraph_characters: number;
  /** Lines that were there before. */
  readonly max_duplicate_lines: number;
  /** Characters in them. */
  readonly max_duplicate_line_characters: number;
  /** Characters in the most frequent run of two words. */
  readonly max_top_2_gram: number;
  /** The same for three words. */
  readonly max_top_3_gram: number;
  /** The same for four words. */
  readonly max_top_4_gram: number;
  /** Characters in runs of five words that were there before. */
  readonly max_duplicate_5_grams: number;
  /** The same for six words. */
  readonly max_duplicate_6_grams: number;
  /** The same for seven words. */
  readonly max_duplicate_7_grams: number;
  /** The same for eight words. */
  readonly max_duplicate_8_grams: number;
  /** The same for nine words. */
  readonly max_duplicate_9_grams: number;
  /** The same for ten words. */
  readonly max_duplicate_10_grams: number;
}

/**
 * The repetition rules of Gopher's corpus (Rae et al. 2021, arXiv 2112.11446,
 * table A1). A document is dropped by the first rule that it fails, in the
 * order of the options; the reason is the option's name without `max_`. A text
 * of white space is `empty`. Of a text of more than 16 Mi characters the first
 * ones are judged, so that memory stays bounded.
 */
export const GOPHER_REPETITION: StepDefinition<GopherRepetitionOptions> = {
  name: "gopher_repetition",
  summary: "drops what repeats its own lines, paragraphs or phrases",
  options: {
    max_duplicate_paragraphs: share(0.3, "paragraphs that were there before"),
    max_duplicate_paragraph_characters: share(
      0.2,
      "characters in paragraphs that were there before",
    ),
    max_duplicate_lines: share(0.3, "lines that were there before"),
    max_duplicate_line_characters: share(
      0.2,
      "characters in lines that were there before",
    ),
    max_top_2_gram: share(0.2, "characters in the top run of 2 words"),
    max_top_3_gram: share(0.18, "characters in the top run of 3 words"),
    max_top_4_gram: share(0.16, "characters in the top run of 4 words"),
    max_duplicate_5_grams: share(
      0.15,
      "characters in repeated runs of 5 words",
    ),
    max_duplicate_6_grams: share(
      0.14,
      "characters in repeated runs of 6 words",
    ),
    max_duplicate_7_grams: share(
      0.13,
      "characters in repeated runs of 7 words",
    ),
    max_duplicate_8_grams: share(
      0.12,
      "characters in repeated runs of 8 words",
    ),
    max_duplicate_9_grams: share(
      0.11,
      "characters in repeated runs of 9 words",
    ),
    max_duplicate_10_grams: share(
      0.1,
      "characters in repeated runs of 10 words",
    ),
  },
  make: (options) => ({
    kind: "document",
    name: "gopher_repetition",
    judge(document) {
      const dropped = failedRule(document.text, options);
      return dropped === undefined ? document : { dropped };
    },
  }),
};

function share(value: number, of: string): Field<number> {
  return number({
    default: value,
    minimum: 0,
    maximum: 1,
    description: `largest share of ${of}`,
  });
}

const LONGEST = 2 ** 24;

function failedRule(
  whole: string,
  options: GopherRepetitionOptions,
): string | undefined {
  const text = whole.slice(0, LONGEST);
  const trimmed = text.trim();
  if (trimmed === "") return "empty";
  const characters = characterCount(text);

  const paragraphs = findDuplicates(trimmed.split(/\n{2,}/));
  if (paragraphs.share > options.max_duplicate_paragraphs) {
    return "duplicate_paragraphs";
  }
  if (
    paragraphs.characters / characters >
      options.max_duplicate_paragraph_characters
  ) return "duplicate_paragraph_characters";

  const lines = findDuplicates(text.split(/\n+/));
  if (lines.share > options.max_duplicate_lines) return "duplicate_lines";
  if (lines.characters / characters > options.max_duplicate_line_characters) {
    return "duplicate_line_characters";
  }

  const words = new RepeatedWords(text);
  for (const size of [2, 3, 4] as const) {
    const top = words.topCharacters(size) / characters;
    if (top > options[`max_top_${size}_gram`]) return `top_${size}_gram`;
  }
  for (const size of [5, 6, 7, 8, 9, 10] as const) {
    const duplicate = words.duplicateCharacters(size) / characters;
    if (duplicate > options[`max_duplicate_${size}_grams`]) {
      return `duplicate_${size}_grams`;
    }
  }
  return undefined;
}
