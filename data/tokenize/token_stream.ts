/** Decodes token after token into whole characters. */
export interface TokenStream {
  /**
   * Takes a token.
   *
   * @param id The next id.
   * @returns The characters that it completes, or an empty text.
   */
  push(id: number): string;
  /**
   * Ends the text.
   *
   * @returns What is left of an unfinished character, as U+FFFD.
   */
  end(): string;
}
