/** How long things are. */
export interface Lengths {
  /** How many. */
  readonly count: number;
  /** Shortest. */
  readonly minimum: number;
  /** As many are shorter as are longer. */
  readonly median: number;
  /** Average. */
  readonly mean: number;
  /** A tenth are longer. */
  readonly ninetieth: number;
  /** Longest. */
  readonly maximum: number;
}

/** Counts lengths; memory depends on how many different ones there are. */
export class LengthCounts {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #sum = 0;

  /** Adds one. */
  add(length: number): void {
    this.#counts.set(length, (this.#counts.get(length) ?? 0) + 1);
    this.#count++;
    this.#sum += length;
  }

  /**
   * Sums up.
   *
   * @returns What the lengths are like, or null where there are none.
   */
  lengths(): Lengths | null {
    if (this.#count === 0) return null;
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    const at = (share: number): number => {
      let seen = 0;
      for (const [length, count] of sorted) {
        seen += count;
        if (seen >= share * this.#count) return length;
      }
      return sorted[sorted.length - 1][0];
    };
    return {
      count: this.#count,
      minimum: sorted[0][0],
      median: at(0.5),
      mean: this.#sum / this.#count,
      ninetieth: at(0.9),
      maximum: sorted[sorted.length - 1][0],
    };
  }
}
