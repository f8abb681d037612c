import type { BatchDocuments } from "./batch.ts";
import { documentAt, type DocumentEnds } from "./shard/document_ends.ts";

/**
 * Notes the documents of one row of a batch.
 *
 * @param into The batch's documents.
 * @param row Which row.
 * @param length T, the columns of a row.
 * @param ends Where the corpus's documents end.
 * @param start Position of the row's first token.
 */
export function fillDocumentColumns(
  into: BatchDocuments,
  row: number,
  length: number,
  ends: DocumentEnds,
  start: number,
): void {
  const first = row * length;
  let document = documentAt(ends, start);
  for (let column = 0; column < length; document++) {
    // A document without tokens ends where it begins, and covers nothing.
    const end = Math.min(length + 1, ends.end(document) - start);
    const stop = Math.min(length, end);
    into.starts.fill(column, first + column, first + stop);
    into.ends.fill(end, first + column, first + stop);
    column = Math.max(column, stop);
  }
}
