import type { Match } from "./evaluation_index.ts";

/** Characters of the shortest piece that is kept. */
const LEAST_PIECE = 200;

/** Pieces of a text that is still worth keeping. */
const MOST_PIECES = 10;

/**
 * Cuts matches and the characters around them out of a text, as Brown et al.
 * do (arXiv:2005.14165, appendix C): pieces of fewer than 200 characters go,
 * and texts that fall into more than ten pieces go altogether. Words that the
 * cut goes through go as well; pieces are joined by a blank line.
 *
 * @param text The text.
 * @param matches Stretches to cut out, in order.
 * @param around Characters, in UTF-16 units, cut out on either side of each.
 * @returns What is left, or null for nothing.
 */
export function cutMatches(
  text: string,
  matches: readonly Match[],
  around: number,
): string | null {
  const pieces: string[] = [];
  let start = 0;
  const take = (end: number): void => {
    if (end <= start) return;
    let piece = text.slice(start, end);
    if (start > 0) {
      piece = piece.replace(/^\S{1,40}(?=\s)|^[\udc00-\udfff]/, "");
    }
    if (end < text.length) {
      piece = piece.replace(/(?<=\s)\S{1,40}$|[\ud800-\udbff]$/, "");
    }
    pieces.push(piece);
  };
  for (const match of matches) {
    take(match.start - around);
    start = Math.max(start, match.end + around);
  }
  take(text.length);
  if (pieces.length > MOST_PIECES) return null;
  const kept = pieces.map((piece) => piece.trim())
    .filter((piece) => piece.length >= LEAST_PIECE);
  return kept.length === 0 ? null : kept.join("\n\n");
}
