import { Random } from "../random.ts";

/** Whose copies are asked for. */
export interface CopiedDocument {
  /** Seed of the mixture. */
  readonly seed: number;
  /** Name of the document's source. */
  readonly source: string;
  /** The document's id in its source. */
  readonly id: string;
}

/**
 * How often a mixture takes a document: the whole epochs, and once more for a
 * share of the documents that seed, source and id choose. Nothing has to be
 * remembered, and documents may come in any order: more epochs never take a
 * document away.
 *
 * @param epochs How often its source is gone through, as in
 * {@linkcode MixedSource.epochs}.
 * @param document Whose copies.
 * @returns 0 or more.
 */
export function documentCopies(
  epochs: number,
  { seed, source, id }: CopiedDocument,
): number {
  const whole = Math.floor(epochs);
  if (epochs === whole) return whole;
  const place = new Random(JSON.stringify(["mixture", seed, source, id]))
    .uniform();
  return place < epochs - whole ? whole + 1 : whole;
}
