import { mapInWorkers } from "../workers/map_in_workers.ts";
// Imported as a module too, so that compiled programs hold it.
import "./encode_worker.ts";
import type { EncodedBatch } from "./encode_worker.ts";
import type { HuggingFaceFiles } from "./hugging_face.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Characters of text that a worker gets at a time. */
const BATCH_LENGTH = 1 << 19;
/** Texts that a worker gets at a time, however short they are. */
const BATCH_TEXTS = 4096;

/**
 * Encodes texts in their order, in workers. Memory stays bounded: a worker has
 * two batches of half a million characters at most, or two texts.
 *
 * @param texts The texts.
 * @param tokenizer Encodes them. Workers have it by what it saves.
 * @param workers Number of workers; 0 to encode here. The result is the same.
 * @returns The ids of each text, without special tokens.
 * @throws {InputError} If the vocabulary lacks a character of a text.
 *
 * @example
 * ```ts
 * import { encodeTexts, loadTokenizer } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = await loadTokenizer("bytes");
 * const lengths = [];
 * for await (const ids of encodeTexts(["One.", "Three."], bytes, 0)) {
 *   lengths.push(ids.length);
 * }
 * assertEquals(lengths, [4, 6]);
 * ```
 */
export async function* encodeTexts(
  texts: AsyncIterable<string> | Iterable<string>,
  tokenizer: Tokenizer,
  workers: number,
): AsyncGenerator<Uint32Array> {
  if (workers === 0) {
    for await (const text of texts) yield tokenizer.encode(text);
    return;
  }
  const files = tokenizer.files();
  const encoded = mapInWorkers<
    HuggingFaceFiles,
    readonly string[],
    EncodedBatch
  >(batchesOf(texts), {
    module: new URL("./encode_worker.ts", import.meta.url),
    setup: {
      tokenizer: files.get("tokenizer.json") ?? "",
      config: files.get("tokenizer_config.json"),
      path: "tokenizer.json",
    },
    workers,
  });
  for await (const { ids, lengths } of encoded) {
    let at = 0;
    for (const length of lengths) yield ids.subarray(at, at += length);
  }
}

async function* batchesOf(
  texts: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<string[]> {
  let batch: string[] = [];
  let length = 0;
  for await (const text of texts) {
    batch.push(text);
    length += text.length;
    if (length < BATCH_LENGTH && batch.length < BATCH_TEXTS) continue;
    yield batch;
    [batch, length] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
