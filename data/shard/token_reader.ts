/** Tokens that can be read from any place. */
export interface TokenReader {
  /** How many there are. */
  readonly tokenCount: number;
  /**
   * Reads `into.length` tokens.
   *
   * @param offset Position of the first.
   * @param into Takes them.
   * @throws {RangeError} If they reach past the end.
   */
  read(offset: number, into: Uint32Array): void;
  /** Gives files and memory back; nothing can be read afterwards. */
  close(): void;
}
