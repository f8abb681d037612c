/** Something that needs bytes for a stretch of time. */
export interface Demand<Key> {
  /** Who needs it. */
  readonly key: Key;
  /** How many bytes, a multiple of the alignment. */
  readonly bytes: number;
  /** First moment, inclusive. */
  readonly from: number;
  /** Last moment, inclusive. */
  readonly to: number;
  /** Whether nothing may share its slab while it lives. */
  readonly alone?: boolean;
}

/** Where a demand was placed. */
export interface Place {
  /** Index of the slab. */
  readonly slab: number;
  /** First byte in the slab. */
  readonly offset: number;
}

/** Placed demands and the sizes of the slabs that hold them. */
export interface Placement<Key> {
  /** Where each demand lies. */
  readonly places: ReadonlyMap<Key, Place>;
  /** Bytes of each slab. */
  readonly slabs: readonly number[];
}

/**
 * Places demands so that any two which live at the same time do not overlap:
 * the largest first, each into the lowest gap that holds it (greedy by size,
 * Pisarchyk and Lee 2020, arXiv 2001.03288).
 *
 * @param demands What needs memory.
 * @param slabLimit Largest slab in bytes; a new slab is opened where it is full.
 * @throws {RangeError} if one demand is larger than a slab may be.
 */
export function place<Key>(
  demands: readonly Demand<Key>[],
  slabLimit: number,
): Placement<Key> {
  const bySize = demands
    .map((demand, order) => ({ demand, order }))
    .sort((a, b) => b.demand.bytes - a.demand.bytes || a.order - b.order);
  const places = new Map<Key, Place>();
  const slabs: { bytes: number; taken: (Demand<Key> & Place)[] }[] = [];
  for (const { demand } of bySize) {
    if (demand.bytes > slabLimit) {
      throw new RangeError(
        `Cannot place ${demand.bytes} bytes: the adapter's largest buffer has ${slabLimit}`,
      );
    }
    for (let slab = 0;; slab++) {
      const candidate = slabs[slab] ??= { bytes: 0, taken: [] };
      const refused = candidate.taken.some((other) =>
        overlap(other, demand) && (other.alone || demand.alone)
      );
      if (refused) continue;
      const offset = lowestGap(candidate.taken, demand);
      if (offset + demand.bytes > slabLimit) continue;
      candidate.taken.push({ ...demand, slab, offset });
      candidate.bytes = Math.max(candidate.bytes, offset + demand.bytes);
      places.set(demand.key, { slab, offset });
      break;
    }
  }
  return { places, slabs: slabs.map(({ bytes }) => bytes) };
}

/** Whether two demands live at the same time. */
function overlap<Key>(a: Demand<Key>, b: Demand<Key>): boolean {
  return a.from <= b.to && b.from <= a.to;
}

function lowestGap<Key>(
  taken: readonly (Demand<Key> & Place)[],
  demand: Demand<Key>,
): number {
  const rivals = taken
    .filter((other) => overlap(other, demand))
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const rival of rivals) {
    if (rival.offset >= offset + demand.bytes) break;
    offset = Math.max(offset, rival.offset + rival.bytes);
  }
  return offset;
}
