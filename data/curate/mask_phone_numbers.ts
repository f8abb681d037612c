/**
 * Masks phone numbers: international ones, those of the North American plan
 * with its separators, and numbers that are called so. Other digits may be
 * anything and stay: dates, prices, ISBNs, versions, bare rows of digits.
 *
 * @param text Any text.
 * @param replacement Stands in place of each.
 * @returns The text without phone numbers.
 */
export function maskPhoneNumbers(text: string, replacement: string): string {
  return text
    .replace(INTERNATIONAL, () => replacement)
    .replace(NORTH_AMERICAN, () => replacement)
    .replace(
      CALLED,
      (_, introduction: string) => `${introduction}${replacement}`,
    );
}

/** Nothing goes on that would make it another number. */
const END = "(?![\\p{L}\\p{N}_]|[.,:/-]\\p{N}|[/-]\\p{L})";

/** A plus sign and 8 to 15 digits (ITU-T E.164), in groups or not. */
const INTERNATIONAL = new RegExp(
  "(?<![\\p{L}\\p{N}_+)\\]])\\+[1-9](?:[ .\\u00a0-]?\\(?\\d\\)?){7,14}" + END,
  "gu",
);

/**
 * 3, 3 and 4 digits; area and exchange begin with 2 to 9. Both separators are
 * there, and the same but after parentheses.
 */
const NORTH_AMERICAN = new RegExp(
  "(?<![\\p{L}\\p{N}_$€£+/]|\\p{N}[.,:/ -]|\\p{L}[/-])(?:1[ .-])?" +
    "(?:\\([2-9]\\d{2}\\) ?[2-9]\\d{2}[ .-]|" +
    "[2-9]\\d{2}(?<separator>[ .-])[2-9]\\d{2}\\k<separator>)\\d{4}" + END,
  "gu",
);

/** 7 to 15 digits after a word that says what they are. */
const CALLED = new RegExp(
  "(?<![\\p{L}\\p{N}_])((?:tele)?(?:phone|fax|tel|mobile|cell|whatsapp)" +
    "(?: (?:number|no))?[.:]{0,2} {0,2})" +
    "\\(?\\d(?:[ .\\u00a0/-]?\\(?\\d\\)?){6,14}" + END,
  "giu",
);
