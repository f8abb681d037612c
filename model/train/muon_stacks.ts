import { elementCount, storageOf } from "../../kernels/ops/tensor.ts";
import type { MuonMatrix } from "../parameter_set.ts";

/**
 * Elements of a stack, at most: what fills a large GPU. Beyond it only memory
 * would grow.
 */
const MOST_ELEMENTS = 2 ** 22;

/**
 * Share of all matrices that a stack may have, at most: its products take about
 * five times its size, which so stays near what one moment of them takes.
 */
const MOST_SHARE = 1 / 4;

/** Matrices of one shape, treated alike, that are updated side by side. */
export type MuonStack = readonly [MuonMatrix, ...MuonMatrix[]];

/**
 * Groups matrices of one shape and one weight decay, in the order in which they
 * lie in memory, into stacks of about equal numbers.
 *
 * @param matrices What Muon updates.
 */
export function muonStacks(matrices: Iterable<MuonMatrix>): MuonStack[] {
  const all = [...matrices];
  const alike = Map.groupBy(
    all,
    ({ part, decay }) => `${part.shape} ${decay}`,
  );
  const elements = all.reduce(
    (sum, { part }) => sum + elementCount(part.shape),
    0,
  );
  const most = Math.min(MOST_ELEMENTS, elements * MOST_SHARE);
  return [...alike.values()].flatMap((group) => {
    const atOnce = Math.max(
      1,
      Math.floor(most / elementCount(group[0].part.shape)),
    );
    const sorted = group.toSorted((one, other) => {
      const [a, b] = [one, other].map(({ weight }) => storageOf(weight));
      return a.root.id - b.root.id || a.offset - b.offset;
    });
    const stacks = Math.ceil(group.length / atOnce);
    const size = Math.ceil(group.length / stacks);
    return Array.from(
      { length: Math.ceil(group.length / size) },
      (_, index) => {
        const [first, ...rest] = sorted.slice(index * size, (index + 1) * size);
        return [first, ...rest] as const;
      },
    );
  });
}
