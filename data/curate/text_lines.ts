/**
 * Splits a text into its lines.
 *
 * @param text Text whose lines end in `\n`; the last one may not.
 * @returns The lines without their ends; none for an empty text.
 */
export function textLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
