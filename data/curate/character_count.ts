/**
 * Counts the characters of a text: those beyond U+FFFF, which take two units
 * of a string, are one each.
 *
 * @param text Well-formed Unicode.
 * @returns The number of code points.
 */
export function characterCount(text: string): number {
  if (!PAIR.test(text)) return text.length;
  let pairs = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00) pairs++;
  }
  return text.length - pairs;
}

const PAIR = /[\ud800-\udbff]/;
