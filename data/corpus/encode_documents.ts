import type { Document } from "../document.ts";
import { encodeTexts } from "../tokenize/encode_texts.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";

/** A document whose tokens may be known already. */
export interface EncodedDocument extends Document {
  /** Its ids, without special tokens. */
  readonly tokens?: Uint32Array;
}

/**
 * Encodes documents in threads, where that is worth it: bytes and characters
 * are looked up faster than they are handed over.
 *
 * @param documents In any order, which they keep.
 * @param tokenizer Encodes them.
 * @param workers Threads; with one, whoever writes the documents encodes them.
 * @returns The documents, those of other tokenizers with their tokens.
 * @throws {InputError} If the vocabulary lacks a character.
 */
export async function* encodeDocuments(
  documents: AsyncIterable<Document>,
  tokenizer: Tokenizer,
  workers: number,
): AsyncGenerator<EncodedDocument> {
  const isCheap = tokenizer.kind === "bytes" || tokenizer.kind === "characters";
  if (workers <= 1 || isCheap) return yield* documents;
  // As many as are on their way through the threads.
  const waiting: Document[] = [];
  async function* texts(): AsyncGenerator<string> {
    for await (const document of documents) {
      waiting.push(document);
      yield document.text;
    }
  }
  for await (const tokens of encodeTexts(texts(), tokenizer, workers)) {
    const document = waiting.shift();
    if (document !== undefined) yield { ...document, tokens };
  }
}
