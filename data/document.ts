/**
 * One text of a corpus: a story, a page, a chapter. Training separates
 * documents by the tokenizer's end-of-text token.
 */
export interface Document {
  /** Names the document inside its corpus, for instance `path:line`. */
  readonly id: string;
  /** The text itself: well-formed Unicode without a byte order mark. */
  readonly text: string;
  /**
   * Whether the next document goes on with this one's text, as the pieces of a
   * huge file do; no end-of-text token belongs between them.
   */
  readonly continues?: boolean;
  /** Whatever else its source says of it. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}
