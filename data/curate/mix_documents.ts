import type { Document } from "../document.ts";
import { documentCopies } from "./document_copies.ts";

/** How often each source is gone through. */
export interface Mixing {
  /** Epochs by source, as in {@linkcode MixedSource.epochs}; 1 for others. */
  readonly epochs: ReadonlyMap<string, number>;
  /** Tells the source of a document. */
  readonly sourceOf: (document: Document) => string;
  /** Seed of the mixture. */
  readonly seed: number;
}

/**
 * Repeats documents as a mixture wants it, or leaves them out. Copies follow
 * one another at once; shuffle what comes out. Nothing is held.
 *
 * @param documents Of any sources in any order.
 * @param mixing How often.
 * @returns The documents, each so often as {@linkcode documentCopies} says; the
 * second copy of `page` has the id `page~2`. Pieces of a huge text whose number
 * is changed become documents of their own, as a copy of a piece does not go on
 * where it ends.
 */
export async function* mixDocuments(
  documents: AsyncIterable<Document> | Iterable<Document>,
  { epochs: epochsOf, sourceOf, seed }: Mixing,
): AsyncGenerator<Document> {
  for await (const document of documents) {
    const source = sourceOf(document);
    const epochs = epochsOf.get(source) ?? 1;
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
