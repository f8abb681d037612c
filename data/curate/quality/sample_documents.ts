import type { Document } from "../../document.ts";
import { Random } from "../../random.ts";
import { Reservoir } from "./reservoir.ts";

/** What a sample is to be. */
export interface SampleOptions {
  /** Documents to take; all where there are fewer. */
  readonly count: number;
  /** Seed of what is drawn and of the order. */
  readonly seed: number;
  /**
   * Score of a text, in 0 … 1. With it each tenth of that range gives as many
   * documents as the others, as far as it has them; without it each document
   * has the same chance.
   */
  readonly score?: (text: string) => number;
}

/** Ranges of scores that share a sample. */
const STRATA = 10;

/**
 * Draws a sample of documents to be looked at or labelled. Ten times the sample
 * is held at most.
 *
 * @param documents All of them.
 * @param options How many, and by what.
 * @returns The sample, in a random order.
 */
export async function sampleDocuments(
  documents: AsyncIterable<Document>,
  { count, seed, score }: SampleOptions,
): Promise<Document[]> {
  const random = new Random(`${seed}/sample`);
  const strata = Array.from(
    { length: score === undefined ? 1 : STRATA },
    () => new Reservoir<Document>(count, random),
  );
  for await (const document of documents) {
    const place = score === undefined
      ? 0
      : Math.min(STRATA - 1, Math.floor(score(document.text) * STRATA));
    strata[place].offer(() => document);
  }
  const sizes = fairSizes(strata.map(({ items }) => items.length), count);
  const sample = strata.flatMap(({ items }, i) =>
    random.shuffle([...items]).slice(0, sizes[i])
  );
  return random.shuffle(sample);
}

/** Shares a number out evenly; what one cannot take goes to the others. */
function fairSizes(available: readonly number[], count: number): number[] {
  const sizes = available.map(() => 0);
  let left = Math.min(count, available.reduce((sum, size) => sum + size, 0));
  while (left > 0) {
    for (let i = 0; i < sizes.length && left > 0; i++) {
      if (sizes[i] === available[i]) continue;
      sizes[i]++;
      left--;
    }
  }
  return sizes;
}
