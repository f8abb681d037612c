import { endsSentence } from "./ends_sentence.ts";
import { WordScanner } from "./word_scanner.ts";

/**
 * Counts sentences: one begins at the first word, and at the first word after
 * a `.`, `?`, `!` or whatever ends sentences in other scripts. The point of an
 * abbreviation and an ellipsis end none.
 *
 * @param text A line or more.
 * @returns The number of sentences; 0 of a text without words.
 */
export function countSentences(text: string): number {
  const scanner = new WordScanner(text);
  let sentences = 0;
  let ended = true;
  let wordStart = 0;
  let wordEnd = 0;
  while (scanner.next()) {
    if (scanner.isWord) {
      if (ended) sentences++;
      ended = false;
      wordStart = scanner.start;
      wordEnd = scanner.end;
    } else if (scanner.length === 1 && !ended) {
      const sign = text.slice(scanner.start, scanner.end);
      const abbreviates = sign === "." && scanner.start === wordEnd &&
        ABBREVIATIONS.has(text.slice(wordStart, wordEnd));
      ended = !abbreviates && endsSentence(sign);
    }
  }
  return sentences;
}

/** Words after which a point ends no sentence; `e.g.` has its own anyway. */
const ABBREVIATIONS: ReadonlySet<string> = new Set(
  ("Mr Mrs Ms Dr Prof St Jr Sr Rev Gen Gov Sen Rep Inc Ltd Co Corp Bros vs " +
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec").split(" "),
);
