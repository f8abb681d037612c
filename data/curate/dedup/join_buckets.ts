import type { DisjointSets } from "./disjoint_sets.ts";
import { visitEqualKeys } from "./equal_keys.ts";
import type { RecordSorter } from "./record_sorter.ts";
import { SimilaritySketcher } from "./similarity_sketch.ts";
import type { SketchStore } from "./sketch_store.ts";

/** Words of the record of a document in a bucket. */
export const BUCKET_RECORD_WORDS = 3;

/** How many of them say which bucket; the document's number follows. */
export const BUCKET_KEY_WORDS = 2;

/** Documents of a bucket, none like another, that the next is compared with. */
const MOST_COMPARED = 64;

/** Documents of one bucket, none of which is like another. */
interface Unlike {
  readonly index: number;
  /** Null until it is needed: most buckets hold one document. */
  sketch: Uint8Array | null;
}

/**
 * Joins the documents that share a bucket, and are alike.
 *
 * @param sorter Records of buckets and documents.
 * @param sets Documents that belong together.
 * @param sketches The documents' sketches; null where sharing a bucket is
 * enough.
 * @param threshold Least estimated similarity of documents that are joined.
 * @returns How many pairs were joined.
 */
export function joinBuckets(
  sorter: RecordSorter,
  sets: DisjointSets,
  sketches: SketchStore | null,
  threshold: number,
): number {
  let pairs = 0;
  const unlike: Unlike[] = [];
  const sketchOf = (store: SketchStore, document: Unlike): Uint8Array => {
    if (document.sketch !== null) return document.sketch;
    document.sketch = new Uint8Array(SimilaritySketcher.bytes);
    store.read(document.index, document.sketch);
    return document.sketch;
  };
  visitEqualKeys(
    sorter,
    BUCKET_RECORD_WORDS,
    BUCKET_KEY_WORDS,
    (record, first) => {
      if (first) unlike.length = 0;
      const document = { index: record[BUCKET_KEY_WORDS], sketch: null };
      const set = sets.find(document.index);
      if (unlike.some(({ index }) => sets.find(index) === set)) return;
      const alike = unlike.find((other) =>
        sketches === null ||
        SimilaritySketcher.similarity(
            sketchOf(sketches, other),
            sketchOf(sketches, document),
          ) >= threshold
      );
      if (alike !== undefined) {
        sets.join(alike.index, document.index);
        pairs++;
      } else if (unlike.length < MOST_COMPARED) unlike.push(document);
    },
  );
  return pairs;
}
