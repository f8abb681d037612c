import { boolean, integer, texts } from "../schema.ts";
import { CharacterClass, unitClasses } from "./character_class.ts";
import { characterCount } from "./character_count.ts";
import type { StepDefinition } from "./step_definition.ts";

/** Options of the step `c4_lines`. */
export interface C4LinesOptions {
  /** Fewest words of a line, as white space separates them. */
  readonly min_words: number;
  /** Characters of the longest word that a line may have. */
  readonly max_word_length: number;
  /** Whether a line has to end in `.`, `?`, `!`, `"` or `'`. */
  readonly terminal_punctuation: boolean;
  /** Whether `[1]`, `[edit]` and `[citation needed]` are cut out. */
  readonly remove_citations: boolean;
  /** Phrases that a line must not have, in any case of letters. */
  readonly phrases: readonly string[];
  /** Whether empty lines stay, which keep paragraphs apart. */
  readonly keep_blank_lines: boolean;
}

/**
 * Drops a page's lines that are boilerplate, as C4 does (Raffel et al. 2020,
 * arXiv 1910.10683, section 2.2), and blanks around lines. That every line ends
 * in punctuation is not asked by default, as FineWeb does not. Drops documents
 * of which nothing is left, as `no_lines_left`.
 */
export const C4_LINES: StepDefinition<C4LinesOptions> = {
  name: "c4_lines",
  summary: "leaves out menus, notices and other lines that are no prose",
  options: {
    min_words: integer({
      default: 3,
      minimum: 0,
      description: "fewest words of a line, as white space separates them",
    }),
    max_word_length: integer({
      default: 1000,
      minimum: 1,
      description: "characters of the longest word that a line may have",
    }),
    terminal_punctuation: boolean({
      default: false,
      description: "whether a line has to end in . ? ! or a quote",
    }),
    remove_citations: boolean({
      default: true,
      description: "whether [1], [edit] and [citation needed] are cut out",
    }),
    phrases: texts({
      default: [
        "javascript",
        "terms of use",
        "privacy policy",
        "cookie policy",
        "uses cookies",
        "use of cookies",
        "use cookies",
      ],
      description: "phrases that a line must not have, in any case of letters",
    }),
    keep_blank_lines: boolean({
      default: false,
      description: "whether empty lines stay, which keep paragraphs apart",
    }),
  },
  make: (options) => {
    const phrases = options.phrases.map((phrase) => phrase.toLowerCase());
    return {
      kind: "document",
      name: "c4_lines",
      judge(document) {
        const kept: string[] = [];
        for (const raw of document.text.split("\n")) {
          const line = keptLine(raw.trim(), options, phrases);
          const blank = line === "";
          if (line !== undefined && !(blank && (kept.at(-1) ?? "") === "")) {
            kept.push(line);
          }
        }
        if (kept.at(-1) === "") kept.pop();
        if (kept.length === 0) return { dropped: "no_lines_left" };
        // The next piece of the same file begins with a line of its own.
        if (document.continues) kept.push("");
        const text = kept.join("\n");
        return text === document.text ? document : { ...document, text };
      },
    };
  },
};

/** What is left of a line; undefined if it is dropped. */
function keptLine(
  line: string,
  options: C4LinesOptions,
  phrases: readonly string[],
): string | undefined {
  if (line === "" && options.keep_blank_lines) return line;
  const words = measureWords(line);
  if (words.longest > options.max_word_length) return undefined;
  if (words.count < options.min_words) return undefined;
  const text = options.remove_citations ? line.replace(CITATION, "") : line;
  if (options.terminal_punctuation && !hasTerminalPunctuation(text)) {
    return undefined;
  }
  const lower = text.toLowerCase();
  if (phrases.some((phrase) => lower.includes(phrase))) return undefined;
  // A line of citations alone is no blank line.
  return text.trim() === "" ? undefined : text.trimEnd();
}

const CITATION = /\[\d*\]|\[edit\]|\[citation needed\]/g;

/** Whether a line ends as C4 wants it: an ellipsis cuts a sentence short. */
function hasTerminalPunctuation(line: string): boolean {
  return /[.?!"']$/.test(line.slice(-1)) && !line.endsWith("...");
}

/** How many words white space separates, and the longest one's characters. */
function measureWords(line: string): { count: number; longest: number } {
  const classes = unitClasses();
  let count = 0;
  let longest = 0;
  let start = 0;
  for (let at = 0; at <= line.length; at++) {
    const ends = at === line.length ||
      classes[line.charCodeAt(at)] === CharacterClass.space;
    if (!ends) continue;
    if (at > start) count++;
    // A word has as many characters as units, or fewer.
    if (at - start > longest) {
      longest = Math.max(longest, characterCount(line.slice(start, at)));
    }
    start = at + 1;
  }
  return { count, longest };
}
