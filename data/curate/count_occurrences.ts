/**
 * Counts how often a piece of text occurs.
 *
 * @param text Where to look.
 * @param piece What to look for; not empty.
 * @returns The number of occurrences that do not overlap.
 */
export function countOccurrences(text: string, piece: string): number {
  let count = 0;
  let at = text.indexOf(piece);
  while (at >= 0) {
    count++;
    at = text.indexOf(piece, at + piece.length);
  }
  return count;
}
