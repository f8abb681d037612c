/** Sequences to train on or to evaluate. */
export interface Batch {
  /** Token ids, (B, T), row by row. */
  readonly inputs: Uint32Array;
  /** The token that follows each input, (B, T). */
  readonly targets: Uint32Array;
  /** Where the documents lie in the rows, if that was asked for. */
  readonly documents?: BatchDocuments;
}

/** The document of each input of a batch, by its columns. */
export interface BatchDocuments {
  /**
   * Column in which the input's document begins, (B, T): the first one that it
   * may attend to. 0 where the document began before the row.
   */
  readonly starts: Uint32Array;
  /**
   * Column after the document's last token, (B, T), at most T + 1. An input
   * whose end is the next column has a target of another document.
   */
  readonly ends: Uint32Array;
}
