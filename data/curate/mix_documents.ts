import type { Document } from "../document.ts";
import { documentCopies } from "./document_copies.ts";

/** Which source a stream is of, and how often it is gone through. */
export interface SourceMixing {
  /** Name of the source. */
  readonly source: string;
  /** How often, as in {@linkcode MixedSource.epochs}. */
  readonly epochs: number;
  /** Seed of the mixture. */
  readonly seed: number;
}

/**
 * Repeats the documents of one source as a mixture wants it, or leaves them
 * out. Copies follow one another at once; shuffle what comes out. Nothing is
 * held.
 *
 * @param documents Of one source.
 * @param mixing How often.
 * @returns The documents, each so often as {@linkcode documentCopies} says; the
 * second copy of `page` has the id `page~2`. Pieces of a huge text whose number
 * is changed become documents of their own, as a copy of a piece does not go on
 * where it ends.
 */
export async function* mixDocuments(
  documents: AsyncIterable<Document>,
  { source, epochs, seed }: SourceMixing,
): AsyncGenerator<Document> {
  for await (const document of documents) {
    if (epochs === 1) {
      yield document;
      continue;
    }
    const { continues: _, ...alone } = document;
    const copies = documentCopies(epochs, { seed, source, id: document.id });
    for (let copy = 1; copy <= copies; copy++) {
      yield copy === 1 ? alone : { ...alone, id: `${document.id}~${copy}` };
    }
  }
}
