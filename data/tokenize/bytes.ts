import { BYTE_ALPHABET } from "./byte_alphabet.ts";
import { byteLevelParts } from "./byte_level_parts.ts";
import { END_OF_TEXT } from "./end_of_text.ts";
import { savedFiles } from "./saved_files.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { TokenStream } from "./token_stream.ts";

/**
 * Every byte of the UTF-8 text is a token and its value the id; 256 ends a
 * text. It needs no training and misses no character.
 */
export class ByteTokenizer implements Tokenizer {
  readonly kind = "bytes";
  readonly vocabSize: number = 257;
  readonly endOfText: number = 256;
  readonly beginOfText: number = 256;
  readonly #encoder = new TextEncoder();

  encode(text: string): Uint32Array {
    return new Uint32Array(this.#encoder.encode(text));
  }

  decode(ids: ArrayLike<number>): string {
    const bytes = new Uint8Array(ids.length);
    let length = 0;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] < 256) bytes[length++] = ids[i];
    }
    // A byte order mark is a character like any other here.
    return new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(bytes.subarray(0, length));
  }

  stream(prompt: ArrayLike<number> = []): TokenStream {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const byte = new Uint8Array(1);
    const push = (id: number): string => {
      if (id >= 256) return "";
      byte[0] = id;
      return decoder.decode(byte, { stream: true });
    };
    for (let i = 0; i < prompt.length; i++) push(prompt[i]);
    return { push, end: () => decoder.decode() };
  }

  files(): ReadonlyMap<string, string> {
    const vocab = Object.fromEntries(
      BYTE_ALPHABET.map((character, byte) => [character, byte]),
    );
    const { byteLevel, model } = byteLevelParts(
      { ...vocab, [END_OF_TEXT]: this.endOfText },
      [],
    );
    return savedFiles({
      endOfText: { id: this.endOfText, content: END_OF_TEXT },
      preTokenizer: byteLevel,
      decoder: byteLevel,
      model,
    });
  }
}
