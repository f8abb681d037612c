import { createHash } from "node:crypto";
import { join } from "@std/path";
import type { Document } from "../document.ts";
import { boolean } from "../schema.ts";
import { BitSet } from "./dedup/bit_set.ts";
import { DUPLICATE_RULE } from "./dedup/character_rule.ts";
import { visitEqualKeys } from "./dedup/equal_keys.ts";
import { memoryOption } from "./dedup/memory_option.ts";
import { putAside } from "./dedup/put_aside.ts";
import { RecordSorter } from "./dedup/record_sorter.ts";
import { releaseKept } from "./dedup/release_kept.ts";
import { WordHasher } from "./dedup/word_hasher.ts";
import type { StepContext } from "./step.ts";
import type { StepDefinition } from "./step_definition.ts";

/** Options of the step `exact_duplicates`. */
export interface ExactDuplicatesOptions {
  /** Whether texts with the same words count as equal. */
  readonly normalized: boolean;
  /** Memory for sorting, in MiB. */
  readonly memory_mib: number;
}

/** Four words of the hash, then the document's number. */
const RECORD_WORDS = 5;
const KEY_WORDS = 4;

/**
 * Keeps the first of the documents with the same text and drops the others, as
 * `exact_duplicate`. Texts are compared by 128 bits of SHA-256; with
 * `normalized` by 128 bits over their words in the form of `minhash`, and
 * texts without a word are all kept.
 *
 * The documents are put aside on disk, with 20 bytes each to be sorted; in
 * memory a document takes an eighth of a byte beside what sorting may use.
 */
export const EXACT_DUPLICATES: StepDefinition<ExactDuplicatesOptions> = {
  name: "exact_duplicates",
  summary: "the first of the documents with the same text",
  options: {
    normalized: boolean({
      default: false,
      description:
        "whether case, accents, punctuation, digits and blanks are disregarded",
    }),
    memory_mib: memoryOption(),
  },
  make: (options) => ({
    kind: "corpus",
    name: "exact_duplicates",
    run: (documents, context) => run(documents, context, options),
  }),
};

async function* run(
  documents: AsyncIterable<Document>,
  context: StepContext,
  { normalized, memory_mib }: ExactDuplicatesOptions,
): AsyncGenerator<Document> {
  const sorter = new RecordSorter({
    path: join(context.folder, "hashes"),
    words: RECORD_WORDS,
    keyWords: KEY_WORDS,
    memoryBytes: memory_mib * 2 ** 20,
  });
  try {
    const record = new Uint32Array(RECORD_WORDS);
    const hash = normalized ? wordsHash() : textHash;
    const spool = await putAside(
      documents,
      context,
      "exact_duplicates",
      (document, index) => {
        if (!hash(document.text, record)) return;
        record[KEY_WORDS] = index;
        sorter.add(record);
      },
    );
    const dropped = new BitSet(spool.documents);
    visitEqualKeys(sorter, RECORD_WORDS, KEY_WORDS, (found, first) => {
      // Equal hashes come in the order of the documents.
      if (!first) dropped.add(found[KEY_WORDS]);
    });
    yield* releaseKept(
      spool,
      (index) => dropped.has(index),
      context,
      "exact_duplicate",
    );
  } finally {
    sorter.close();
  }
}

/** Puts 128 bits into the first words; false where there is no text. */
type TextHash = (text: string, target: Uint32Array) => boolean;

function textHash(text: string, target: Uint32Array): boolean {
  const digest = createHash("sha256").update(text).digest();
  for (let i = 0; i < KEY_WORDS; i++) target[i] = digest.readUInt32LE(4 * i);
  return true;
}

function wordsHash(): TextHash {
  const scanner = new WordHasher(DUPLICATE_RULE);
  return (text, target) => {
    const count = scanner.scan(text);
    if (count === 0) return false;
    const bytes = new Uint8Array(8 * count);
    const pairs = new Int32Array(bytes.buffer);
    pairs.set(scanner.low.subarray(0, count));
    pairs.set(scanner.high.subarray(0, count), count);
    const digest = createHash("sha256").update(bytes).digest();
    for (let i = 0; i < KEY_WORDS; i++) target[i] = digest.readUInt32LE(4 * i);
    return true;
  };
}
