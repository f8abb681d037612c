import { integer, number, texts } from "../schema.ts";
import { countOccurrences } from "./count_occurrences.ts";
import type { StepDefinition } from "./step_definition.ts";
import { textLines } from "./text_lines.ts";
import { WordScanner } from "./word_scanner.ts";

/** Options of the step `gopher_quality`. */
export interface GopherQualityOptions {
  /** Fewest words; symbols do not count here. */
  readonly min_words: number;
  /** Most words; symbols do not count here. */
  readonly max_words: number;
  /** Shortest mean length of a word, in characters. */
  readonly min_mean_word_length: number;
  /** Longest mean length of a word, in characters. */
  readonly max_mean_word_length: number;
  /** Most `#` a word. */
  readonly max_hashes: number;
  /** Most ellipses a word. */
  readonly max_ellipses: number;
  /** Largest share of lines that begin with a bullet. */
  readonly max_bullet_lines: number;
  /** Largest share of lines that end in an ellipsis. */
  readonly max_ellipsis_lines: number;
  /** Smallest share of words and symbols that have a letter. */
  readonly min_words_with_letters: number;
  /** Fewest different ones of `stop_words`. */
  readonly min_stop_words: number;
  /** Words that any prose of the language has. */
  readonly stop_words: readonly string[];
}

/**
 * The quality rules of Gopher's corpus (Rae et al. 2021, arXiv 2112.11446,
 * appendix A1.1) for languages that put blanks between words. A document is
 * dropped by the first rule that it fails, in this order: `too_few_words`,
 * `too_many_words`, `short_words`, `long_words`, `many_hashes`,
 * `many_ellipses`, `many_bullet_lines`, `many_ellipsis_lines`,
 * `few_words_with_letters`, `few_stop_words`.
 */
export const GOPHER_QUALITY: StepDefinition<GopherQualityOptions> = {
  name: "gopher_quality",
  summary: "drops what is no prose by its words, symbols and lines",
  options: {
    min_words: integer({
      default: 50,
      minimum: 0,
      description: "fewest words; symbols do not count",
    }),
    max_words: integer({
      default: 100_000,
      minimum: 1,
      description: "most words; symbols do not count",
    }),
    min_mean_word_length: number({
      default: 3,
      minimum: 0,
      description: "shortest mean length of a word, in characters",
    }),
    max_mean_word_length: number({
      default: 10,
      above: 0,
      description: "longest mean length of a word, in characters",
    }),
    max_hashes: number({
      default: 0.1,
      minimum: 0,
      description: "most # signs a word",
    }),
    max_ellipses: number({
      default: 0.1,
      minimum: 0,
      description: "most ellipses a word",
    }),
    max_bullet_lines: number({
      default: 0.9,
      minimum: 0,
      maximum: 1,
      description: "largest share of lines that begin with - or •",
    }),
    max_ellipsis_lines: number({
      default: 0.3,
      minimum: 0,
      maximum: 1,
      description: "largest share of lines that end in an ellipsis",
    }),
    min_words_with_letters: number({
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description: "smallest share of words and symbols that have a letter",
    }),
    min_stop_words: integer({
      default: 2,
      minimum: 0,
      description: "fewest different ones of the stop words",
    }),
    stop_words: texts({
      default: ["the", "be", "to", "of", "and", "that", "have", "with"],
      description: "words, as spelt, that any prose of the language has",
    }),
  },
  make: (options) => {
    const stopWords = new StopWords(options.stop_words);
    return {
      kind: "document",
      name: "gopher_quality",
      judge(document) {
        const dropped = failedRule(document.text, options, stopWords);
        return dropped === undefined ? document : { dropped };
      },
    };
  },
};

/** Looks words up without making strings of the many that are too long. */
class StopWords {
  readonly #words: ReadonlySet<string>;
  readonly #longest: number;

  constructor(words: readonly string[]) {
    this.#words = new Set(words);
    this.#longest = Math.max(0, ...words.map((word) => word.length));
  }

  /** The stop word at a place in a text, if one is there. */
  at(text: string, start: number, end: number): string | undefined {
    if (end - start > this.#longest) return undefined;
    const word = text.slice(start, end);
    return this.#words.has(word) ? word : undefined;
  }
}

function failedRule(
  text: string,
  options: GopherQualityOptions,
  stopWords: StopWords,
): string | undefined {
  const counts = countWords(text, options, stopWords);
  if (counts.words < options.min_words) return "too_few_words";
  if (counts.words > options.max_words) return "too_many_words";
  const meanLength = counts.characters / Math.max(1, counts.words);
  if (meanLength < options.min_mean_word_length) return "short_words";
  if (meanLength > options.max_mean_word_length) return "long_words";

  const all = Math.max(1, counts.words + counts.symbols);
  if (countOccurrences(text, "#") / all > options.max_hashes) {
    return "many_hashes";
  }
  const ellipses = countOccurrences(text, "...") + countOccurrences(text, "…");
  if (ellipses / all > options.max_ellipses) return "many_ellipses";

  const lines = textLines(text);
  if (share(lines, beginsWithBullet) > options.max_bullet_lines) {
    return "many_bullet_lines";
  }
  if (share(lines, endsInEllipsis) > options.max_ellipsis_lines) {
    return "many_ellipsis_lines";
  }
  if (counts.withLetters / all < options.min_words_with_letters) {
    return "few_words_with_letters";
  }
  if (counts.stopWords < options.min_stop_words) return "few_stop_words";
  return undefined;
}

interface WordCounts {
  readonly words: number;
  readonly symbols: number;
  /** Of all words, without the symbols. */
  readonly characters: number;
  readonly withLetters: number;
  /** Different ones, up to as many as are needed. */
  readonly stopWords: number;
}

function countWords(
  text: string,
  { min_stop_words, max_words }: GopherQualityOptions,
  stopWords: StopWords,
): WordCounts {
  const scanner = new WordScanner(text);
  const found = new Set<string>();
  let words = 0;
  let symbols = 0;
  let characters = 0;
  let withLetters = 0;
  while (words <= max_words && scanner.next()) {
    if (scanner.hasLetter) withLetters++;
    if (!scanner.isWord) {
      symbols++;
      continue;
    }
    words++;
    characters += scanner.length;
    if (found.size < min_stop_words) {
      const word = stopWords.at(text, scanner.start, scanner.end);
      if (word !== undefined) found.add(word);
    }
  }
  return { words, symbols, characters, withLetters, stopWords: found.size };
}

/** The share of lines that have a property; 0 of none. */
function share(
  lines: readonly string[],
  has: (line: string) => boolean,
): number {
  return lines.filter(has).length / Math.max(1, lines.length);
}

function beginsWithBullet(line: string): boolean {
  return /^\s*[-•]/.test(line);
}

function endsInEllipsis(line: string): boolean {
  const trimmed = line.trimEnd();
  return trimmed.endsWith("...") || trimmed.endsWith("…");
}
