import type { Document } from "../document.ts";

/** Cannot be a field that a source's own records have, or hardly. */
const KEY = "@source";

/**
 * Notes which source of a curation a document is of.
 *
 * @param document As it was read.
 * @param source Name of the source.
 * @returns The document, noted, and by itself: a piece of a huge text is
 * judged, dropped and shuffled as a document.
 */
export function withSourceName(document: Document, source: string): Document {
  const { id, text, metadata } = document;
  return { id, text, metadata: { ...metadata, [KEY]: source } };
}

/**
 * Tells which source of a curation a document is of.
 *
 * @param document One that was noted.
 * @returns Name of the source; empty where none was noted.
 */
export function sourceNameOf(document: Document): string {
  const name = document.metadata?.[KEY];
  return typeof name === "string" ? name : "";
}
