/** A set of integers from 0 on, an eighth of a byte each. */
export class BitSet {
  readonly #bytes: Uint8Array;

  /** @param size Integer after the greatest that it can hold. */
  constructor(size: number) {
    this.#bytes = new Uint8Array(Math.ceil(size / 8));
  }

  /** @param value Is in the set from now on. */
  add(value: number): void {
    this.#bytes[Math.floor(value / 8)] |= 1 << (value % 8);
  }

  /**
   * @param value An integer.
   * @returns Whether it is in the set.
   */
  has(value: number): boolean {
    return (this.#bytes[Math.floor(value / 8)] & (1 << (value % 8))) !== 0;
  }
}
