/**
 * Which of the integers from 0 on belong together, 4 bytes each: union-find
 * with path halving. The least member of a set stands for it.
 */
export class DisjointSets {
  readonly #parents: Uint32Array;

  /** @param size How many integers there are; each is alone at first. */
  constructor(size: number) {
    this.#parents = new Uint32Array(size);
    for (let i = 0; i < size; i++) this.#parents[i] = i;
  }

  /**
   * @param member An integer.
   * @returns The least one that belongs with it.
   */
  find(member: number): number {
    const parents = this.#parents;
    let at = member;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]];
      at = parents[at];
    }
    return at;
  }

  /**
   * Makes one set of two.
   *
   * @param a A member of one.
   * @param b A member of the other.
   */
  join(a: number, b: number): void {
    const first = this.find(a);
    const second = this.find(b);
    if (first < second) this.#parents[second] = first;
    else this.#parents[first] = second;
  }
}
