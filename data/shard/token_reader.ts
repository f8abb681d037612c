import type { DocumentEnds } from "./document_ends.ts";

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
  /**
   * Opens where the documents end, for the reader's own lifetime.
   *
   * @returns The ends, or null where they are not known. Absent where they
   * never are.
   * @throws {InputError} If they cannot be.
   */
  documents?(): DocumentEnds | null;
  /** Gives files and memory back; nothing can be read afterwards. */
  close(): void;
}
