import type { Llama2cFile } from "./llama2c_file.ts";
import { llama2cJson } from "./llama2c_json.ts";
import { mergeInOrder } from "./merge_in_order.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { TokenStream } from "./token_stream.ts";

/** Ids 0 … 2 are the unknown, the begin and the end; bytes follow. */
const BEGIN = 1;
const FIRST_BYTE = 3;
const CACHE_ENTRIES = 1 << 17;
const CACHE_WORD_LENGTH = 48;

/**
 * llama2.c's vocabularies: SentencePiece's byte-pair encoding, which merges the
 * neighbours with the best score first, spells what it lacks in bytes, and
 * puts a space in front of a text. Its models separate texts by the
 * begin-of-text token.
 */
export class Llama2cTokenizer implements Tokenizer {
  readonly kind = "llama2c";
  readonly vocabSize: number;
  readonly endOfText: number = BEGIN;
  readonly beginOfText: number = BEGIN;
  readonly #tokens: readonly string[];
  readonly #scores: Float32Array;
  readonly #ids: ReadonlyMap<string, number>;
  /** Whether no merge can reach over the space that begins a word. */
  readonly #wordwise: boolean;
  readonly #cache = new Map<string, readonly number[]>();

  /** @param file A checked vocabulary. */
  constructor(file: Llama2cFile) {
    this.#tokens = file.tokens;
    this.#scores = file.scores;
    this.vocabSize = file.tokens.length;
    const ids = new Map<string, number>();
    file.tokens.forEach((token, id) => {
      // The spelled bytes and markers are no text.
      if (id >= FIRST_BYTE + 256 && !ids.has(token)) ids.set(token, id);
    });
    this.#ids = ids;
    this.#wordwise = !file.tokens.some((token) => /[^ ] /.test(token));
  }

  encode(text: string): Uint32Array {
    if (text === "") return new Uint32Array();
    const prefixed = " " + text.toWellFormed();
    if (!this.#wordwise) return Uint32Array.from(this.#encodeWord(prefixed));
    const ids: number[] = [];
    for (const [word] of prefixed.matchAll(/ *[^ ]+| +/g)) {
      let encoded = this.#cache.get(word);
      if (encoded === undefined) {
        encoded = this.#encodeWord(word);
        if (word.length <= CACHE_WORD_LENGTH) {
          if (this.#cache.size >= CACHE_ENTRIES) this.#cache.clear();
          this.#cache.set(word, encoded);
        }
      }
      for (const id of encoded) ids.push(id);
    }
    return Uint32Array.from(ids);
  }

  decode(ids: ArrayLike<number>): string {
    const stream = this.stream();
    let text = "";
    for (let i = 0; i < ids.length; i++) text += stream.push(ids[i]);
    return text + stream.end();
  }

  stream(prompt: ArrayLike<number> = []): TokenStream {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const encoder = new TextEncoder();
    // The space put in front of a text is not part of it.
    let atStart = true;
    const push = (id: number): string => {
      if (id < FIRST_BYTE) {
        atStart ||= id === BEGIN;
        return "";
      }
      const token = this.#tokens[id];
      if (token === undefined) return "";
      const isByte = id < FIRST_BYTE + 256;
      const text = atStart && !isByte && token.startsWith(" ")
        ? token.slice(1)
        : token;
      atStart = false;
      const bytes = isByte
        ? Uint8Array.of(id - FIRST_BYTE)
        : encoder.encode(text);
      return decoder.decode(bytes, { stream: true });
    };
    for (let i = 0; i < prompt.length; i++) push(prompt[i]);
    return { push, end: () => decoder.decode() };
  }

  files(): ReadonlyMap<string, string> {
    return llama2cJson({ tokens: this.#tokens, scores: this.#scores });
  }

  /** Encodes a stretch of text that no merge can leave. */
  #encodeWord(word: string): number[] {
    const ids: number[] = [];
    for (const character of word) {
      const id = this.#ids.get(character);
      if (id !== undefined) ids.push(id);
      else {
        for (const byte of new TextEncoder().encode(character)) {
          ids.push(FIRST_BYTE + byte);
        }
      }
    }
    return mergeInOrder(ids, (left, right) => {
      const merged = this.#ids.get(this.#tokens[left] + this.#tokens[right]);
      // Greater scores are merged earlier.
      return merged === undefined
        ? null
        : { rank: -this.#scores[merged], merged };
    });
  }
}
