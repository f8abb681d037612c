/** Decodes token after token into whole characters. */
export interface TokenStream {
  /**
   * @param id The next id.
   * @returns The characters that it completes, or an empty text.
   */
  push(id: number): string;
  /** @returns What is left of an unfinished character, as U+FFFD. */
  end(): string;
}
