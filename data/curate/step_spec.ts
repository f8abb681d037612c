/** A step of a curation before it is made: what threads are told of it. */
export interface StepSpec {
  /** What it is called in tables; two of a kind are told apart. */
  readonly label: string;
  /** Seed of whatever it draws, and of samples of what it drops. */
  readonly seed: number;
  /** What the configuration says of it, paths made absolute. */
  readonly value: unknown;
  /** Where it says so, for messages. */
  readonly where: string;
}
