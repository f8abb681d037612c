/** How documents are laid out in a part. */
export interface Packing {
  /** Whether documents follow one another or are fitted into contexts. */
  readonly method: "concat" | "best_fit";
  /** T, the tokens of a context. */
  readonly context: number;
}

/** What a packing did to the documents of a part. */
export interface PackingReport extends Packing {
  /** Documents that are longer than a context and so cut in any case. */
  readonly long: number;
  /** Documents that would fit into a context and are cut by a border. */
  readonly cropped: number;
  /** Share of all documents that are cropped, 0 … 1. */
  readonly croppedShare: number;
  /** Tokens that only fill up contexts. */
  readonly padding: number;
  /** Share of all tokens that are padding, 0 … 1. */
  readonly paddingShare: number;
}
