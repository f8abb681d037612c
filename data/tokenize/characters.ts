import { InputError } from "../input_error.ts";
import { END_OF_TEXT } from "./end_of_text.ts";
import { savedFiles } from "./saved_files.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { TokenStream } from "./token_stream.ts";

/**
 * Every Unicode character of an alphabet learnt beforehand is a token; the
 * last id ends a text.
 */
export class CharacterTokenizer implements Tokenizer {
  readonly kind = "characters";
  readonly vocabSize: number;
  readonly endOfText: number;
  readonly beginOfText: number;
  readonly #alphabet: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  /**
   * @param alphabet Distinct characters (code points) in the order of their
   * ids.
   * @throws {InputError} If it is empty, or an entry is not one character or
   * comes twice.
   */
  constructor(alphabet: readonly string[]) {
    if (alphabet.length === 0) {
      throw new InputError(
        "Cannot make a character tokenizer from an empty alphabet: give it a text to learn from",
      );
    }
    const ids = new Map<string, number>();
    for (const character of alphabet) {
      const units = character.length;
      if (units < 1 || units > 2 || [...character].length !== 1) {
        throw new InputError(
          `Cannot make a character tokenizer: ${
            JSON.stringify(character)
          } is not one character`,
        );
      }
      if (ids.has(character)) {
        throw new InputError(
          `Cannot make a character tokenizer: ${
            JSON.stringify(character)
          } comes twice in its alphabet`,
        );
      }
      ids.set(character, ids.size);
    }
    this.#alphabet = [...alphabet];
    this.#ids = ids;
    this.endOfText = this.beginOfText = alphabet.length;
    this.vocabSize = alphabet.length + 1;
  }

  /**
   * Learns the alphabet of a corpus; ids follow the code points' order, so the
   * order of the texts does not matter.
   *
   * @param texts The corpus, read once.
   * @returns A tokenizer for exactly the characters seen.
   * @throws {InputError} If the corpus holds no character.
   */
  static async learn(
    texts: AsyncIterable<string> | Iterable<string>,
  ): Promise<CharacterTokenizer> {
    const seen = new Set<number>();
    for await (const text of texts) {
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (code < 0xd800 || code > 0xdfff) {
          seen.add(code);
          continue;
        }
        const point = text.codePointAt(i) ?? code;
        // Half a pair alone is no character; encoding names it if it comes.
        if (point > 0xffff) {
          seen.add(point);
          i++;
        }
      }
    }
    const sorted = [...seen].sort((a, b) => a - b);
    return new CharacterTokenizer(
      sorted.map((point) => String.fromCodePoint(point)),
    );
  }

  encode(text: string): Uint32Array {
    const ids = new Uint32Array(text.length);
    let length = 0;
    for (const character of text) {
      const id = this.#ids.get(character);
      if (id === undefined) {
        throw new InputError(
          `Cannot encode the character ${JSON.stringify(character)} (${
            codePointName(character)
          }): the tokenizer learnt an alphabet of ${this.#alphabet.length} characters without it; use the tokenizer "bytes", which knows every character`,
        );
      }
      ids[length++] = id;
    }
    return ids.subarray(0, length);
  }

  decode(ids: ArrayLike<number>): string {
    let text = "";
    for (let i = 0; i < ids.length; i++) text += this.#alphabet[ids[i]] ?? "";
    return text;
  }

  stream(_prompt?: ArrayLike<number>): TokenStream {
    return { push: (id) => this.#alphabet[id] ?? "", end: () => "" };
  }

  files(): ReadonlyMap<string, string> {
    const vocab = Object.fromEntries(this.#ids);
    return savedFiles({
      endOfText: { id: this.endOfText, content: END_OF_TEXT },
      preTokenizer: {
        type: "Split",
        pattern: { Regex: "[\\s\\S]" },
        behavior: "Isolated",
        invert: false,
      },
      decoder: { type: "Fuse" },
      // An unknown character is an error there too: no such token exists.
      model: {
        type: "WordLevel",
        vocab: { ...vocab, [END_OF_TEXT]: this.endOfText },
        unk_token: "<unk>",
      },
    });
  }
}

function codePointName(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}
