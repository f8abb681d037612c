import { join } from "@std/path";
import type { Document } from "../../document.ts";
import { DocumentSpool } from "../document_spool.ts";
import type { StepContext } from "../step.ts";

/** Ranges of log odds in which documents are counted, 1/8192 each. */
const RANGES = 2 ** 18;

/** Log odds beyond which all scores are in one range. */
const MAX_ODDS = 16;

/** How the best documents are told. */
export interface BestOptions {
  /** Probability that a text is good, 0 … 1. */
  readonly score: (text: string) => number;
  /**
   * Share of the documents that is kept, above 0 and at most 1: no fewer, and
   * more only where scores are all but equal.
   */
  readonly share: number;
}

/**
 * Keeps the best share of a corpus. The first pass puts documents aside in a
 * file and counts scores, the second gives out those that reach the score which
 * leaves the share.
 *
 * @param documents Come in.
 * @param context Where to note what is dropped; the reason names the threshold
 * found, as in `quality_below_0.7312`.
 * @param options What is best, and how much of it.
 * @returns The best documents in the order in which they came, with their score
 * as `metadata.quality`.
 */
export async function* keepBest(
  documents: AsyncIterable<Document>,
  context: StepContext,
  { score, share }: BestOptions,
): AsyncGenerator<Document> {
  const spool = DocumentSpool.create(join(context.folder, "scored"));
  try {
    const counts = new Float64Array(RANGES);
    for await (const document of documents) {
      const quality = score(document.text);
      spool.append({
        ...document,
        metadata: { ...document.metadata, quality },
      });
      counts[rangeOf(quality)]++;
      if (spool.documents % 10_000 === 0) {
        context.progress(`scored ${spool.documents} documents`);
      }
    }
    spool.finish();
    const least = leastRange(counts, share * spool.documents);
    // Only now is the threshold known: the reason puts it on record.
    const reason = `quality_below_${lowerEnd(least).toFixed(4)}`;
    for (const document of spool.replay()) {
      const quality = document.metadata?.quality;
      if (typeof quality === "number" && rangeOf(quality) >= least) {
        yield document;
      } else {
        context.drop(document, reason);
      }
    }
  } finally {
    spool.close();
  }
}

function rangeOf(score: number): number {
  const odds = Math.log(score / (1 - score));
  const place = (odds + MAX_ODDS) / (2 * MAX_ODDS) * RANGES;
  return Math.min(RANGES - 1, Math.max(0, Math.floor(place)));
}

/** The least score of a range. */
function lowerEnd(range: number): number {
  return 1 / (1 + Math.exp(MAX_ODDS - 2 * MAX_ODDS * range / RANGES));
}

/** The highest range at and above which so many documents are. */
function leastRange(counts: Float64Array, wanted: number): number {
  let above = 0;
  for (let range = RANGES - 1; range > 0; range--) {
    above += counts[range];
    if (above >= wanted) return range;
  }
  return 0;
}
