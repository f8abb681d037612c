/**
 * Brings a text into one form:
 *
 * - Line ends are `\n`: `\r\n`, `\r`, vertical tab, form feed, U+0085, U+2028;
 *   U+2029 ends a paragraph.
 * - Where other characters of U+0080…U+009F occur, the text was Windows-1252
 *   read as Latin-1, and all of them, U+0085 among them, become the characters
 *   meant.
 * - Other control characters and U+FEFF, which is invisible, are left out; tabs
 *   stay.
 * - Characters are composed (Unicode Standard Annex 15). More than 30 marks on
 *   one character are separated by U+034F, as its stream-safe format has it:
 *   sorting them takes time with the square of their number.
 * - No blanks stand at the end of a line, no blank lines around the text, and
 *   not too many in a row inside. Indentation stays.
 *
 * Takes time in proportion to the text; normalising twice changes nothing more.
 *
 * @param text Well-formed Unicode.
 * @param form Normalisation form.
 * @param maxBlankLines Most blank lines in a row.
 * @returns The text in that form; empty if nothing visible is left.
 */
export function normalizeText(
  text: string,
  form: "NFC" | "NFKC",
  maxBlankLines: number,
): string {
  const clean = BEYOND_PLAIN_ASCII.test(text)
    ? compose(withoutControls(text), form)
    : text;
  return tidyLines(clean, maxBlankLines);
}

const BEYOND_PLAIN_ASCII = /[^\t\n\x20-\x7e]/;
const WINDOWS_1252_SIGN = /[\x80-\x84\x86-\x9f]/;
const MISREAD = /[\x80-\x9f]/g;
const LINE_END = /\r\n?|[\v\f\x85\u2028]/g;
const INVISIBLE = /(?![\t\n])[\p{Cc}\ufeff]/gu;
const MARKS = /(?:(?!\u034f)\p{M}){30}(?=(?!\u034f)\p{M})/gu;

const WINDOWS_1252 = new TextDecoder("windows-1252");

function withoutControls(text: string): string {
  let clean = text;
  if (WINDOWS_1252_SIGN.test(clean)) {
    clean = clean.replace(
      MISREAD,
      (character) =>
        WINDOWS_1252.decode(Uint8Array.of(character.charCodeAt(0))),
    );
  }
  return clean.replace(LINE_END, "\n").replaceAll("\u2029", "\n\n")
    .replace(INVISIBLE, "");
}

function compose(text: string, form: "NFC" | "NFKC"): string {
  return text.replace(MARKS, "$&\u034f").normalize(form);
}

function tidyLines(text: string, maxBlankLines: number): string {
  const kept: string[] = [];
  let blank = 0;
  // Trimming line by line: a pattern for blanks before a line's end would try
  // again from each blank of a long run inside a line.
  for (const line of text.split("\n")) {
    const trimmed = line.trimEnd();
    blank = trimmed === "" ? blank + 1 : 0;
    if (blank <= maxBlankLines && (blank === 0 || kept.length > 0)) {
      kept.push(trimmed);
    }
  }
  while (kept.at(-1) === "") kept.pop();
  return kept.join("\n");
}
