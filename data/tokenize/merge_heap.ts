/** Two neighbouring tokens that may become one. */
export interface Merge {
  /** Greater is merged earlier. */
  readonly score: number;
  /** Place of the left one; of equal scores the leftmost is merged first. */
  readonly left: number;
  readonly right: number;
  readonly leftId: number;
  readonly rightId: number;
  /** What they become. */
  readonly merged: number;
}

/** A binary heap that gives the best merge first. */
export class MergeHeap {
  readonly #items: Merge[] = [];

  /** @param merge What to add. */
  push(merge: Merge): void {
    const items = this.#items;
    let at = items.push(merge) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(merge, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = merge;
  }

  /** @returns The best merge, removed, or undefined when there is none. */
  pop(): Merge | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (
        child + 1 < items.length && before(items[child + 1], items[child])
      ) child++;
      if (!before(items[child], last)) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return top;
  }
}

function before(a: Merge, b: Merge): boolean {
  return a.score > b.score || (a.score === b.score && a.left < b.left);
}
