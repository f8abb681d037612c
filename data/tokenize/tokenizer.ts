import type { TokenStream } from "./token_stream.ts";

/** Which scheme a tokenizer follows. */
export type TokenizerKind = "bytes" | "characters" | "huggingface" | "llama2c";

/** Turns text into token ids and back. */
export interface Tokenizer {
  /** The scheme. */
  readonly kind: TokenizerKind;
  /** Number of ids: they run from 0 to `vocabSize` − 1. */
  readonly vocabSize: number;
  /** Id that stands between documents and ends a generation. */
  readonly endOfText: number;
  /**
   * Id that a generation starts from when its prompt is empty;
   * {@linkcode Tokenizer.endOfText} where the vocabulary has none of its own.
   */
  readonly beginOfText: number;
  /**
   * Turns text into tokens.
   *
   * @param text Any text. Special tokens spelled out in it are plain text.
   * @returns Its ids, without special tokens.
   * @throws {InputError} If the vocabulary lacks a character of the text.
   */
  encode(text: string): Uint32Array;
  /**
   * Turns tokens into text.
   *
   * @param ids Any ids; special ones and ones without a token give no text.
   * @returns The text; bytes that are no UTF-8 become U+FFFD.
   */
  decode(ids: ArrayLike<number>): string;
  /**
   * Decodes a growing sequence.
   *
   * @param prompt Ids that come before the first pushed one and are not to be
   * given out again. It matters where a token's text depends on what precedes
   * it: a Llama tokenizer drops the space that starts a text.
   * @returns A decoder whose outputs joined are the decoded sequence.
   */
  stream(prompt?: ArrayLike<number>): TokenStream;
  /**
   * Describes the tokenizer in files.
   *
   * @returns What to save beside a checkpoint, by file name:
   * `tokenizer.json` and `tokenizer_config.json` as Hugging Face's libraries
   * read them.
   */
  files(): ReadonlyMap<string, string>;
}
