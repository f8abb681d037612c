import { join } from "@std/path";
import type { Document } from "../document.ts";
import { formatCount } from "../format.ts";
import { boolean, integer, number } from "../schema.ts";
import { DisjointSets } from "./dedup/disjoint_sets.ts";
import {
  BUCKET_KEY_WORDS,
  BUCKET_RECORD_WORDS,
  joinBuckets,
} from "./dedup/join_buckets.ts";
import { memoryOption } from "./dedup/memory_option.ts";
import { MinhashSigner } from "./dedup/minhash_signer.ts";
import { putAside } from "./dedup/put_aside.ts";
import { RecordSorter } from "./dedup/record_sorter.ts";
import { releaseKept } from "./dedup/release_kept.ts";
import { SimilaritySketcher } from "./dedup/similarity_sketch.ts";
import { SketchStore } from "./dedup/sketch_store.ts";
import type { StepContext } from "./step.ts";
import type { StepDefinition } from "./step_definition.ts";

/** Options of the step `minhash`. */
export interface MinhashOptions {
  /** Words of the n-grams that documents are compared by. */
  readonly ngram: number;
  /** Buckets that each document falls into. */
  readonly buckets: number;
  /** Hashes of a bucket, all of which have to be equal. */
  readonly hashes: number;
  /** Whether documents of a bucket are compared before they count as equal. */
  readonly verify: boolean;
  /** Least estimated similarity of near-duplicates, where they are compared. */
  readonly threshold: number;
  /** Memory for sorting and comparing, in MiB. */
  readonly memory_mib: number;
}

/**
 * Keeps the first document, in the order of the corpus, of each cluster of
 * near-duplicates and drops the others, as `near_duplicate`. Documents are sets
 * of word n-grams, lower case, with digits as 0 and without punctuation and
 * accents; a document without words is kept.
 *
 * Two documents of Jaccard similarity s share one of b buckets of h hashes with
 * probability 1 − (1 − s^h)^b (Leskovec, Rajaraman and Ullman, "Mining of
 * Massive Datasets", section 3.4). For 14 × 8 that is .56 at s = .7, .92 at .8
 * and .9996 at .9. With `verify: false` sharing a bucket is enough, as in
 * datatrove. Otherwise the similarity of the two is estimated as well, from
 * sketches of 512 bytes that are independent of the buckets, with a standard
 * deviation of about √(s(1 − s)/512): .018 at .8; and it has to be `threshold`
 * at least.
 * Clusters are what such pairs connect, so that two documents of a cluster may
 * be less alike than that.
 *
 * On disk a document takes its text, 12 bytes a bucket and its sketch; in
 * memory 4 bytes beside what sorting may use. A signature is computed at about
 * 112 · 5 operations a word.
 */
export const MINHASH: StepDefinition<MinhashOptions> = {
  name: "minhash",
  summary: "the first of the documents with nearly the same text",
  options: {
    ngram: integer({
      default: 5,
      minimum: 1,
      maximum: 100,
      description: "words of the n-grams that documents are compared by",
    }),
    buckets: integer({
      default: 14,
      minimum: 1,
      maximum: 1000,
      description: "buckets that each document falls into",
    }),
    hashes: integer({
      default: 8,
      minimum: 1,
      maximum: 1000,
      description: "hashes of a bucket, all of which have to be equal",
    }),
    verify: boolean({
      default: true,
      description:
        "whether documents of a bucket are compared before one is dropped",
    }),
    threshold: number({
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description:
        "least estimated similarity of near-duplicates, with verify: true",
    }),
    memory_mib: memoryOption(),
  },
  make: (options) => ({
    kind: "corpus",
    name: "minhash",
    run: (documents, context) => run(documents, context, options),
  }),
};

async function* run(
  documents: AsyncIterable<Document>,
  context: StepContext,
  options: MinhashOptions,
): AsyncGenerator<Document> {
  const memoryBytes = options.memory_mib * 2 ** 20 / (options.verify ? 2 : 1);
  const sorter = new RecordSorter({
    path: join(context.folder, "buckets"),
    words: BUCKET_RECORD_WORDS,
    keyWords: BUCKET_KEY_WORDS,
    memoryBytes,
  });
  const sketches = options.verify
    ? new SketchStore(
      join(context.folder, "sketches"),
      SimilaritySketcher.bytes,
      memoryBytes,
    )
    : null;
  try {
    const sign = signing(options, sorter, sketches);
    const spool = await putAside(documents, context, "minhash", sign);
    const sets = new DisjointSets(spool.documents);
    const pairs = joinBuckets(sorter, sets, sketches, options.threshold);
    context.progress(`minhash: ${formatCount(pairs, "pairs")} found`);
    // The least member stands for a set: the first document is kept.
    yield* releaseKept(
      spool,
      (index) => sets.find(index) !== index,
      context,
      "near_duplicate",
    );
  } finally {
    sorter.close();
    sketches?.close();
  }
}

/** What is done with every document: its buckets and its sketch are noted. */
function signing(
  { ngram, buckets, hashes }: MinhashOptions,
  sorter: RecordSorter,
  sketches: SketchStore | null,
): (document: Document, index: number) => void {
  const signer = new MinhashSigner({ words: ngram, buckets, hashes });
  const sketcher = new SimilaritySketcher();
  const sketch = new Uint8Array(SimilaritySketcher.bytes);
  const record = new Uint32Array(BUCKET_RECORD_WORDS);
  return ({ text }, index) => {
    const signed = signer.sign(text);
    if (sketches !== null) {
      const { low, high, count } = signer.ngrams;
      sketcher.sketch(low, high, count, sketch);
      sketches.append(sketch);
    }
    if (!signed) return;
    for (let bucket = 0; bucket < buckets; bucket++) {
      record.set(signer.bucket(bucket));
      record[BUCKET_KEY_WORDS] = index;
      sorter.add(record);
    }
  };
}
