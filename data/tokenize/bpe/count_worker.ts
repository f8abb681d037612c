import { serveWorker } from "../../workers/serve_worker.ts";
import { type PackedCounts, PieceCounts } from "./piece_counts.ts";
import { type SplitName, SPLITS } from "./split.ts";

/** One part of a corpus: texts of which no pre-token goes into the next. */
export type TextBatch = readonly string[];

/**
 * Counts the pre-tokens of a part of a corpus.
 *
 * @param texts The part.
 * @param split How it is cut.
 * @returns The counts.
 */
export function countPieces(texts: TextBatch, split: SplitName): PackedCounts {
  const counts = new PieceCounts();
  const encoder = new TextEncoder();
  for (const text of texts) {
    counts.addText(encoder.encode(text), SPLITS[split].next);
  }
  return counts.pack();
}

serveWorker(
  import.meta.url,
  (split: SplitName) => (texts: TextBatch) => {
    const output = countPieces(texts, split);
    const { bytes, lengths, counts } = output;
    return { output, transfer: [bytes.buffer, lengths.buffer, counts.buffer] };
  },
);
