/** What a text is cut into. */
export type PartKind = "lines" | "paragraphs";

/** A part of a text, with the line ends after it. */
export interface TextPart {
  /** First UTF-16 unit. */
  readonly start: number;
  /** The unit after the last. */
  readonly end: number;
}

/**
 * Cuts a text into lines, or into paragraphs, which blank lines end.
 *
 * @param text Any text.
 * @param kind What to cut it into.
 * @returns The parts in order; together they are the text.
 */
export function textParts(text: string, kind: PartKind): TextPart[] {
  const parts: TextPart[] = [];
  const ends = kind === "lines" ? /\n/g : /\n(?:[^\S\n]*\n)+/g;
  let start = 0;
  for (const match of text.matchAll(ends)) {
    const end = match.index + match[0].length;
    parts.push({ start, end });
    start = end;
  }
  if (start < text.length) parts.push({ start, end: text.length });
  return parts;
}

/**
 * Puts a text together from some of its parts. Where a line between blank ones
 * is left out, so are the blank ones after it; and where the last part is, the
 * text ends as it did.
 *
 * @param text The text.
 * @param parts Its parts.
 * @param isKept Whether the part of a number is kept.
 * @returns What is left.
 */
export function joinParts(
  text: string,
  parts: readonly TextPart[],
  isKept: (index: number) => boolean,
): string {
  const kept: string[] = [];
  let afterGap = false;
  let afterBlank = true;
  for (const [index, { start, end }] of parts.entries()) {
    const part = text.slice(start, end);
    const blank = part.trim() === "";
    if (!isKept(index)) {
      afterGap = true;
    } else if (!(blank && afterGap && afterBlank)) {
      kept.push(part);
      afterBlank = blank;
      afterGap = false;
    }
  }
  const joined = kept.join("");
  if (parts.length === 0 || isKept(parts.length - 1)) return joined;
  const ending = text.slice(text.trimEnd().length);
  return joined.trimEnd() + ending;
}
