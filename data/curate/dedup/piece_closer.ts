import type { Document } from "../../document.ts";

/**
 * Sees to it that a piece of a document whose next piece is left out is the
 * last one: otherwise it would go on with the text of another document. One
 * document is held back, since only the next tells.
 */
export class PieceCloser {
  #held: Document | null = null;

  /**
   * Takes what became of the next document.
   *
   * @param document The document, or null where it is left out.
   * @returns The one before it, to be passed on now; null where there is none.
   */
  push(document: Document | null): Document | null {
    const held = this.#held;
    this.#held = document;
    return document === null && held?.continues
      ? { ...held, continues: false }
      : held;
  }

  /** @returns The last document, or null where there is none. */
  end(): Document | null {
    const held = this.#held;
    this.#held = null;
    return held;
  }
}
