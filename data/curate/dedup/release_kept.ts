import type { Document } from "../../document.ts";
import type { DocumentSpool } from "../document_spool.ts";
import type { StepContext } from "../step.ts";

/**
 * Replays documents and leaves some out. Where the next piece of a document is
 * left out, the piece before it is the last one: otherwise it would go on with
 * the text of another document.
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
  let index = 0;
  for (const document of spool.replay()) {
    const next = ++index;
    if (isDropped(next - 1)) {
      context.drop(document, reason);
    } else if (
      document.continues && next < spool.documents && isDropped(next)
    ) {
      yield { ...document, continues: false };
    } else {
      yield document;
    }
  }
}
