import { serveWorker } from "../workers/serve_worker.ts";
import type { HuggingFaceFiles } from "./hugging_face.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { tokenizerOf } from "./tokenizer_of.ts";

/** The tokens of several texts, one after the other. */
export interface EncodedBatch {
  readonly ids: Uint32Array<ArrayBuffer>;
  /** Number of tokens of each text. */
  readonly lengths: Uint32Array<ArrayBuffer>;
}

function encodeBatch(
  texts: readonly string[],
  tokenizer: Tokenizer,
): EncodedBatch {
  const encoded = texts.map((text) => tokenizer.encode(text));
  const lengths = Uint32Array.from(encoded, ({ length }) => length);
  const ids = new Uint32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const each of encoded) {
    ids.set(each, at);
    at += each.length;
  }
  return { ids, lengths };
}

serveWorker(import.meta.url, (files: HuggingFaceFiles) => {
  const tokenizer = tokenizerOf(files);
  return (texts: readonly string[]) => {
    const output = encodeBatch(texts, tokenizer);
    return { output, transfer: [output.ids.buffer, output.lengths.buffer] };
  };
});
