import type { TokenStream } from "./token_stream.ts";

/** A character has at most four bytes, each at worst a token of its own. */
const MAX_HELD = 4;

/**
 * Streams any decoder: it decodes the last few tokens with and without the
 * newest and gives out the difference, once it does not end inside a
 * character. The tokens kept in front let a decoder see that it is not at the
 * start of a text.
 */
export class WindowedStream implements TokenStream {
  readonly #decode: (ids: readonly number[]) => string;
  /** Tokens whose text is out, then tokens whose text is not. */
  #window: number[] = [];
  #given = 0;
  /** Tokens in a row after which the text ended inside a character. */
  #held = 0;

  /**
   * @param decode Decodes a whole sequence.
   * @param prompt Ids that precede the first pushed one.
   */
  constructor(
    decode: (ids: readonly number[]) => string,
    prompt: ArrayLike<number>,
  ) {
    this.#decode = decode;
    // Enough to finish a character that the prompt's end leaves open.
    for (let i = Math.max(0, prompt.length - 32); i < prompt.length; i++) {
      this.push(prompt[i]);
    }
  }

  push(id: number): string {
    this.#window.push(id);
    return this.#take(false);
  }

  end(): string {
    return this.#take(true);
  }

  #take(last: boolean): string {
    const before = this.#decode(this.#window.slice(0, this.#given));
    const text = this.#decode(this.#window);
    // A text that ends in U+FFFD may end inside a character.
    this.#held = text.endsWith("\ufffd") ? this.#held + 1 : 0;
    if (!last && this.#held > 0 && this.#held < MAX_HELD) return "";
    const fresh = text.slice(before.length);
    if (fresh !== "") {
      this.#window = this.#window.slice(this.#given);
      this.#given = this.#window.length;
      this.#held = 0;
    }
    return fresh;
  }
}
