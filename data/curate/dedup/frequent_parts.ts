import { join } from "@std/path";
import type { Document } from "../../document.ts";
import { formatCount } from "../../format.ts";
import { mix32 } from "../../mix32.ts";
import type { StepContext } from "../step.ts";
import { DUPLICATE_RULE, EXACT_RULE } from "./character_rule.ts";
import { visitEqualKeys } from "./equal_keys.ts";
import { PieceCloser } from "./piece_closer.ts";
import { putAside } from "./put_aside.ts";
import { RecordSorter } from "./record_sorter.ts";
import { joinParts, type PartKind, textParts } from "./text_parts.ts";
import { WordHasher } from "./word_hasher.ts";

/** Which parts of documents are frequent, and what happens to them. */
export interface FrequentPartsOptions {
  /** Documents that a part may stand in. */
  readonly max_documents: number;
  /** Words of the shortest part that is looked at. */
  readonly min_words: number;
  /** Whether the first document that has a part keeps it. */
  readonly keep_first: boolean;
  /** Whether parts with the same words count as equal. */
  readonly normalized: boolean;
  /** Memory for sorting, in MiB. */
  readonly memory_mib: number;
}

/**
 * Leaves out the lines or paragraphs that stand in more than so many documents
 * of the corpus, and the documents of which nothing is left, as
 * `only_duplicate_lines` or `only_duplicate_paragraphs`.
 *
 * Parts are told apart by 64-bit hashes of their words: among m different ones
 * a false match has a probability of m²/2^65, 1.4 % for a thousand million.
 * Counts are exact. Two passes: hashes are sorted to find the frequent ones,
 * and those are sorted by document to be left out of each. On disk that takes
 * the text and 12 bytes a part; in memory nothing beside what sorting may use
 * and `max_documents` numbers.
 *
 * @param documents Come in.
 * @param context Where drops are noted.
 * @param kind What documents consist of.
 * @param options Which parts are left out.
 * @returns The documents, rewritten where something was left out.
 */
export async function* dropFrequentParts(
  documents: AsyncIterable<Document>,
  context: StepContext,
  kind: PartKind,
  options: FrequentPartsOptions,
): AsyncGenerator<Document> {
  const name = `duplicate_${kind}`;
  const memoryBytes = options.memory_mib * 2 ** 20 / 2;
  const sorterOf = (file: string, keyWords: number): RecordSorter =>
    new RecordSorter({
      path: join(context.folder, file),
      words: 3,
      keyWords,
      memoryBytes,
    });
  const byHash = sorterOf("parts", 2);
  const byDocument = sorterOf("frequent", 1);
  try {
    const hash = partHash(options);
    const record = new Uint32Array(3);
    const spool = await putAside(
      documents,
      context,
      name,
      ({ text }, index) => {
        record[2] = index;
        for (const { start, end } of textParts(text, kind)) {
          if (hash(text, start, end, record)) byHash.add(record);
        }
      },
    );
    findFrequent(byHash, byDocument, options);
    const frequent = new FrequentReader(byDocument);
    const closer = new PieceCloser();
    let index = 0;
    let removed = 0;
    for (const document of spool.replay()) {
      const keys = frequent.of(index++);
      const { text } = document;
      let left = document;
      if (keys.size > 0) {
        const parts = textParts(text, kind);
        left = {
          ...document,
          text: joinParts(text, parts, (part) => {
            const { start, end } = parts[part];
            return !hash(text, start, end, record) ||
              !keys.has(keyOf(record[0], record[1]));
          }),
        };
        removed += keys.size;
      }
      const dropped = keys.size > 0 && left.text.trim() === "";
      if (dropped) context.drop(document, `only_${name}`);
      const ready = closer.push(dropped ? null : left);
      if (ready !== null) yield ready;
    }
    const last = closer.end();
    if (last !== null) yield last;
    context.progress(`${name}: ${formatCount(removed, kind)} left out`);
  } finally {
    byHash.close();
    byDocument.close();
  }
}

/**
 * Hashes the words of a part into the first two words of a record; false where
 * there are too few of them.
 */
function partHash({ normalized, min_words }: FrequentPartsOptions): (
  text: string,
  start: number,
  end: number,
  record: Uint32Array,
) => boolean {
  const scanner = new WordHasher(normalized ? DUPLICATE_RULE : EXACT_RULE);
  return (text, start, end, record) => {
    const count = scanner.scan(text, start, end);
    if (count < min_words) return false;
    let low = 0;
    let high = count;
    for (let i = 0; i < count; i++) {
      low = mix32(low ^ scanner.low[i]);
      high = mix32(high + scanner.high[i]);
    }
    record[0] = low;
    record[1] = high;
    return true;
  };
}

/** Gives the documents and hashes of parts in more documents than allowed. */
function findFrequent(
  byHash: RecordSorter,
  byDocument: RecordSorter,
  { max_documents, keep_first }: FrequentPartsOptions,
): void {
  /** Documents of a part, until it is known to be in too many. */
  const waiting: number[] = [];
  const record = new Uint32Array(3);
  let count = 0;
  let last = 0;
  visitEqualKeys(byHash, 3, 2, ([low, high, document], first) => {
    if (first) {
      count = 0;
      waiting.length = 0;
    } else if (document === last) return;
    last = document;
    count++;
    waiting.push(document);
    if (count <= max_documents) return;
    const kept = keep_first && count === max_documents + 1 ? 1 : 0;
    for (const each of waiting.slice(kept)) {
      record[0] = each;
      record[1] = low;
      record[2] = high;
      byDocument.add(record);
    }
    waiting.length = 0;
  });
}

/** Gives the frequent parts of one document after the other. */
class FrequentReader {
  readonly #pieces: Generator<Uint32Array>;
  #piece: Uint32Array = new Uint32Array(0);
  #at = 0;

  constructor(sorter: RecordSorter) {
    this.#pieces = sorter.sorted();
  }

  /** Keys of the frequent parts of a document; documents come in order. */
  of(document: number): ReadonlySet<number> {
    const keys = new Set<number>();
    for (;;) {
      if (this.#at === this.#piece.length) {
        const next = this.#pieces.next();
        if (next.done) return keys;
        this.#piece = next.value;
        this.#at = 0;
      }
      if (this.#piece[this.#at] !== document) return keys;
      keys.add(keyOf(this.#piece[this.#at + 1], this.#piece[this.#at + 2]));
      this.#at += 3;
    }
  }
}

/** 53 bits are enough to tell the parts of one document apart. */
function keyOf(low: number, high: number): number {
  return low * 2 ** 21 + (high >>> 11);
}
