/** Where a `Random` stands; JSON keeps it exactly. */
export interface RandomState {
  /** The generator's four 32-bit words. */
  readonly words: readonly [number, number, number, number];
  /** The second normal of the last pair drawn, if it is still unused. */
  readonly spareNormal: number | null;
}
