import { Heap } from "../heap.ts";

/** What two neighbouring tokens become. */
export interface PairMerge {
  /** Lower is merged earlier; of equal ones the leftmost. */
  readonly rank: number;
  /** The token that takes their place. */
  readonly merged: number;
}

interface Candidate extends PairMerge {
  readonly left: number;
  readonly right: number;
  readonly leftId: number;
  readonly rightId: number;
}

/**
 * Merges the first pair in order until none is left, in time that grows hardly
 * faster than the number of tokens.
 *
 * @param start Tokens to begin with.
 * @param find What a pair becomes, or null where it stays.
 * @returns The tokens that are left.
 */
export function mergeInOrder(
  start: ArrayLike<number>,
  find: (leftId: number, rightId: number) => PairMerge | null,
): number[] {
  const count = start.length;
  const ids = Int32Array.from(start);
  const next = Int32Array.from(ids, (_, at) => at + 1);
  const previous = Int32Array.from(ids, (_, at) => at - 1);
  const heap = new Heap<Candidate>((a, b) =>
    a.rank < b.rank || (a.rank === b.rank && a.left < b.left)
  );
  const offer = (left: number, right: number): void => {
    if (left < 0 || right >= count) return;
    const [leftId, rightId] = [ids[left], ids[right]];
    const pair = find(leftId, rightId);
    if (pair === null) return;
    const { rank, merged } = pair;
    heap.push({ rank, merged, left, right, leftId, rightId });
  };
  for (let at = 0; at + 1 < count; at++) offer(at, at + 1);
  for (let best = heap.pop(); best !== undefined; best = heap.pop()) {
    const { left, right } = best;
    // Entries outlive their tokens; those are passed over.
    const stale = ids[left] !== best.leftId || ids[right] !== best.rightId ||
      next[left] !== right;
    if (stale) continue;
    ids[left] = best.merged;
    ids[right] = -1;
    next[left] = next[right];
    if (next[right] < count) previous[next[right]] = left;
    offer(previous[left], left);
    offer(left, next[left]);
  }
  const left: number[] = [];
  for (let at = 0; at < count; at = next[at]) left.push(ids[at]);
  return left;
}
