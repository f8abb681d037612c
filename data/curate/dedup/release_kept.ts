import type { Document } from "../../document.ts";
import type { DocumentSpool } from "../document_spool.ts";
import type { StepContext } from "../step.ts";
import { PieceCloser } from "./piece_closer.ts";

/**
 * Replays documents and leaves some out.
 *
 * @param spool The documents.
 * @param isDropped Whether the document of a number is left out.
 * @param context Where it is noted.
 * @param reason Why.
 * @returns The others, in order.
 */
export function* releaseKept(
  spool: DocumentSpool,
  isDropped: (index: number) => boolean,
  context: StepContext,
  reason: string,
): Generator<Document> {
  const closer = new PieceCloser();
  let index = 0;
  for (const document of spool.replay()) {
    const dropped = isDropped(index++);
    if (dropped) context.drop(document, reason);
    const ready = closer.push(dropped ? null : document);
    if (ready !== null) yield ready;
  }
  const last = closer.end();
  if (last !== null) yield last;
}
