import { mix32 } from "../mix32.ts";

/** Text that is plenty to validate on: more costs time and training data. */
const PLENTY_BYTES = 4 * 1024 * 1024;
/** Share of a corpus that is small itself, as nanoGPT keeps it. */
const SMALL_SHARE = 0.1;

/**
 * The share of a corpus kept for validation unless told: a tenth, but about
 * 4 MiB at most.
 *
 * @param bytes Size of the corpus as stored; null where unknown.
 * @returns The share, 0 … 1.
 */
export function defaultValidationFraction(bytes: number | null): number {
  if (bytes === null || bytes === 0) return SMALL_SHARE;
  return Math.min(SMALL_SHARE, PLENTY_BYTES / bytes);
}

/**
 * Where a document falls between training and validation. It depends on the
 * text alone, so that a text that comes twice is never on both sides.
 *
 * @param text The document, or its first piece.
 * @param seed Chooses the split.
 * @returns A number in [0, 1); low ones mean validation.
 */
export function splitPosition(text: string, seed: number): number {
  let hash = mix32(seed ^ Math.floor(seed / 0x100000000));
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash ^= hash >>> 15;
  }
  return mix32(hash) / 0x100000000;
}

/** A whole document, as far as the split needs to know it. */
export interface SplitCandidate {
  /** Its {@linkcode splitPosition}. */
  readonly position: number;
  readonly bytes: number;
}

/**
 * Finds the position up to which documents are kept for validation, so that at
 * least one is and not all are.
 *
 * @param documents The documents known so far.
 * @param fraction The share wanted, above 0.
 * @param complete Whether there are no others: the kept ones then make up the
 * share in bytes. Otherwise the share is met in the long run.
 * @returns The greatest position kept, or null if all documents are the same
 * text and cannot be told apart.
 */
export function validationThreshold(
  documents: readonly SplitCandidate[],
  fraction: number,
  complete: boolean,
): number | null {
  const sorted = documents.toSorted((a, b) => a.position - b.position);
  const lowest = sorted[0].position;
  const highest = sorted[sorted.length - 1].position;
  if (lowest === highest) return complete ? null : fraction;
  let threshold = Math.max(lowest, fraction);
  if (complete) {
    const total = sorted.reduce((sum, { bytes }) => sum + bytes, 0);
    let kept = 0;
    for (const { position, bytes } of sorted) {
      threshold = position;
      kept += bytes;
      if (kept >= fraction * total) break;
    }
  }
  if (threshold < highest) return threshold;
  const others = sorted.filter(({ position }) => position < highest);
  return others[others.length - 1].position;
}

/**
 * Finds a place to cut a text in two: a line end near the place wanted, or
 * failing that a character's end.
 *
 * @param bytes The text as UTF-8.
 * @param wanted The place wanted, an offset into `bytes`.
 * @returns An offset between two characters.
 */
export function cutNear(bytes: Uint8Array, wanted: number): number {
  const reach = 4096;
  const newline = 10;
  const after = bytes.indexOf(newline, wanted) + 1;
  if (after > 0 && after < bytes.length && after - wanted <= reach) {
    return after;
  }
  const before = bytes.lastIndexOf(newline, wanted - 1) + 1;
  if (wanted > 0 && before > 0 && wanted - before <= reach) return before;
  let cut = wanted;
  // Bytes 10xxxxxx go on with a character.
  while (cut < bytes.length && (bytes[cut] & 0xc0) === 0x80) cut++;
  return cut;
}
