import type { Document } from "../document.ts";

/** Documents of a batch at most. */
const MAX_DOCUMENTS = 512;
/** Characters after which a batch is full. */
const FULL_LENGTH = 1 << 19;

/**
 * Gathers documents into batches that are worth handing to another thread.
 *
 * @param documents One by one.
 * @returns The same documents in order; no batch is empty.
 */
export async function* batchDocuments(
  documents: AsyncIterable<Document>,
): AsyncGenerator<Document[]> {
  let batch: Document[] = [];
  let length = 0;
  for await (const document of documents) {
    batch.push(document);
    length += document.text.length;
    if (batch.length < MAX_DOCUMENTS && length < FULL_LENGTH) continue;
    yield batch;
    batch = [];
    length = 0;
  }
  if (batch.length > 0) yield batch;
}
