import type { Document } from "../../document.ts";
import { mapInWorkers } from "../../workers/map_in_workers.ts";
import { countPieces, type TextBatch } from "./count_worker.ts";
import { type PackedCounts, PieceCounts } from "./piece_counts.ts";
import type { SplitName } from "./split.ts";
import { wholePieces } from "./whole_pieces.ts";

/** Characters of text that are counted at a time. */
const BATCH_LENGTH = 1 << 20;

/** How a corpus is counted. */
export interface CountOptions {
  /** How text is cut into pre-tokens. */
  readonly split: SplitName;
  /** Workers that count; 0 to count here. The result is the same. */
  readonly workers: number;
  /** Distinct pre-tokens held at most, the rarest being left out. */
  readonly maxPieces: number;
}

/** Pre-tokens of a corpus. */
export interface CountedCorpus extends PackedCounts {
  /** Occurrences left out because there were too many distinct ones. */
  readonly pruned: number;
}

/**
 * Counts the pre-tokens of a corpus. Memory is bounded by the distinct
 * pre-tokens, of which only `maxPieces` are held.
 *
 * @param documents The corpus.
 * @param options How, and with how many workers.
 * @returns The counts, which do not depend on the number of workers.
 */
export async function countCorpus(
  documents: AsyncIterable<Document> | Iterable<Document>,
  { split, workers, maxPieces }: CountOptions,
): Promise<CountedCorpus> {
  const total = new PieceCounts();
  const batches = batchesOf(wholePieces(documents));
  const counted = workers === 0
    ? countHere(batches, split)
    : mapInWorkers<SplitName, TextBatch, PackedCounts>(batches, {
      module: new URL("./count_worker.ts", import.meta.url),
      setup: split,
      workers,
    });
  for await (const counts of counted) {
    total.addPacked(counts);
    total.prune(maxPieces);
  }
  return { ...total.pack(), pruned: total.pruned };
}

async function* countHere(
  batches: AsyncIterable<TextBatch>,
  split: SplitName,
): AsyncGenerator<PackedCounts> {
  for await (const texts of batches) yield countPieces(texts, split);
}

async function* batchesOf(
  texts: AsyncIterable<string>,
): AsyncGenerator<TextBatch> {
  let batch: string[] = [];
  let length = 0;
  for await (const text of texts) {
    batch.push(text);
    length += text.length;
    if (length < BATCH_LENGTH) continue;
    yield batch;
    [batch, length] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
