/** A text, and whether it is a good one. */
export interface LabelledText {
  /** The text. */
  readonly text: string;
  /** 1 for good, 0 for others. */
  readonly label: 0 | 1;
}
