import type { Document } from "../document.ts";

/**
 * Makes documents of a text file: one, or where that would be too large,
 * consecutive pieces that end at line ends.
 *
 * @param path Names the documents.
 * @param chunks The file's text.
 * @param maxLength Characters up to which the file is one document.
 * @param pieceLength Characters of a piece.
 * @returns The documents; every piece but the last is marked as continued.
 */
export async function* textPieces(
  path: string,
  chunks: AsyncIterable<string>,
  maxLength: number,
  pieceLength: number,
): AsyncGenerator<Document> {
  let piece = 0;
  // One piece is held back, since only the end of the file tells the last.
  let ready: string | null = null;
  let pending: string[] = [];
  let length = 0;
  let limit = maxLength;
  try {
    for await (const chunk of chunks) {
      pending.push(chunk);
      length += chunk.length;
      if (length <= limit) continue;
      limit = pieceLength;
      let text = pending.join("");
      while (text.length > pieceLength) {
        const cut = lineEnd(text, pieceLength);
        if (ready !== null) {
          yield { id: `${path}#${piece++}`, text: ready, continues: true };
        }
        ready = text.slice(0, cut);
        text = text.slice(cut);
      }
      pending = [text];
      length = text.length;
    }
  } catch (error) {
    // What follows is another document, whoever passes over the rest of this.
    if (ready !== null) yield { id: `${path}#${piece}`, text: ready };
    throw error;
  }
  const rest = pending.join("");
  if (ready === null) {
    if (rest !== "") yield { id: path, text: rest };
    return;
  }
  yield { id: `${path}#${piece++}`, text: ready, continues: rest !== "" };
  if (rest !== "") yield { id: `${path}#${piece}`, text: rest };
}

/** The last line end within `length`, or failing that a character's end. */
function lineEnd(text: string, length: number): number {
  const line = text.lastIndexOf("\n", length - 1) + 1;
  if (line > 0) return line;
  const last = text.charCodeAt(length - 1);
  return last >= 0xd800 && last < 0xdc00 && length > 1 ? length - 1 : length;
}
