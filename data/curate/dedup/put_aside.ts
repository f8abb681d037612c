import { join } from "@std/path";
import type { Document } from "../../document.ts";
import { formatBytes, formatCount } from "../../format.ts";
import { DocumentSpool } from "../document_spool.ts";
import type { StepContext } from "../step.ts";

/** Milliseconds between two notes of progress. */
const NOTE_MS = 1000;

/**
 * Puts a corpus aside in a file of the step's folder while something is learnt
 * of each document.
 *
 * @param documents Come in.
 * @param context Whose folder is used, and where progress is noted.
 * @param name What the step is called, for progress.
 * @param visit Is given every document with its number, from 0 on.
 * @returns The documents, to be replayed; the folder's owner removes the file.
 */
export async function putAside(
  documents: AsyncIterable<Document>,
  context: StepContext,
  name: string,
  visit: (document: Document, index: number) => void,
): Promise<DocumentSpool> {
  const spool = DocumentSpool.create(join(context.folder, "documents"));
  try {
    let noted = performance.now();
    for await (const document of documents) {
      visit(document, spool.documents);
      spool.append(document);
      const now = performance.now();
      if (now - noted < NOTE_MS) continue;
      noted = now;
      context.progress(`${name}: read ${sizeOf(spool)}`);
    }
    spool.finish();
  } finally {
    spool.close();
  }
  context.progress(`${name}: comparing ${sizeOf(spool)}`);
  return spool;
}

function sizeOf(spool: DocumentSpool): string {
  const documents = formatCount(spool.documents, "documents");
  return `${documents}, ${formatBytes(spool.bytes)}`;
}
