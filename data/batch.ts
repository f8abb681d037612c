/** Sequences to train on or to evaluate. */
export interface Batch {
  /** Token ids, (B, T), row by row. */
  readonly inputs: Uint32Array;
  /** The token that follows each input, (B, T). */
  readonly targets: Uint32Array;
}
