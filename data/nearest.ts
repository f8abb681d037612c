/**
 * Finds what a mistyped word was meant to be.
 *
 * Distance counts insertions, deletions, substitutions and swaps of neighbours
 * (optimal string alignment), regardless of case and of `-` against `_`.
 *
 * @param word The word as typed.
 * @param candidates The words that would have been right.
 * @returns The closest candidate, the earlier one on a tie, or `undefined` if
 * none is within a third of the word's length.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  const typed = fold(word);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(typed, fold(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The form in which words are compared. */
function fold(word: string): string {
  return word.toLowerCase().replaceAll("-", "_");
}

/** Edits that turn one word into the other. */
function editDistance(a: string, b: string): number {
  // Three rows are enough: a swap looks back two.
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, substitution);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] &&
        a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
