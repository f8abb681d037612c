import type { SkipReason } from "./bad_source.ts";

/** Counts what was passed over, by reason. */
export class SkipCounts {
  readonly #counts = new Map<SkipReason, number>();

  /** How many parts were passed over. */
  get total(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }

  /**
   * @param reason Why one more part was passed over.
   */
  add(reason: SkipReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /**
   * @returns The counts in one line, the greatest first: `3 bad_json, 1 damaged`.
   */
  toString(): string {
    return [...this.#counts].sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => `${count} ${reason}`).join(", ");
  }
}
