/**
 * Puts the indefinite article before a word.
 *
 * @param word A word that begins as it sounds.
 * @returns `a dog`, `an owl`.
 */
export function withArticle(word: string): string {
  return `${"aeiou".includes(word[0]) ? "an" : "a"} ${word}`;
}

/**
 * Begins a sentence.
 *
 * @param text Text that is not empty.
 * @returns The text with its first letter in upper case.
 */
export function capitalize(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

/**
 * Counts things.
 *
 * @param count How many.
 * @param noun A noun whose plural takes a plain s.
 * @returns `1 hat`, `3 hats`.
 */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Joins words to a list.
 *
 * @param words At least two words.
 * @param conjunction What stands before the last.
 * @returns `a, b or c`.
 */
export function listed(
  words: readonly (string | number)[],
  conjunction: "and" | "or",
): string {
  const last = words[words.length - 1];
  return `${words.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}
