import type { Capabilities } from "../runtime/capabilities.ts";
import { bindableBytes } from "./bindable_bytes.ts";
import { rowBlocks } from "./launch.ts";
import { bindRange } from "./matmul_blocks.ts";
import type { TensorBinding } from "./op_spec.ts";
import {
  BYTES_PER_ELEMENT,
  elementCount,
  storageOf,
  type Tensor,
} from "./tensor.ts";
import { type VectorWidth, vectorWidth } from "./vector_width.ts";

/** What one launch takes of tensors that are worked on side by side. */
export interface StackRange {
  /** Number of the first tensor. */
  readonly first: number;
  /** Tensors. */
  readonly count: number;
  /** Which part of each tensor, where one is too large to be bound at once. */
  readonly part: number;
  /** Parts that each tensor is cut into. */
  readonly parts: number;
  /** Elements that an invocation handles at once. */
  readonly width: VectorWidth;
  /** Items of `width` elements that the range has of each tensor. */
  readonly items: number;
  /** What to bind of each list. */
  readonly bindings: readonly TensorBinding[];
  /**
   * WGSL of an item's place in each binding, where `matrix` counts the range's
   * tensors and `item` the items of one.
   */
  readonly places: readonly string[];
}

/** Where the tensors of a list lie. */
interface Placed {
  readonly root: Tensor;
  readonly offset: number;
}

/**
 * Cuts work on many tensors of one size into launches: a run of tensors that
 * lie equally far apart in one storage is one launch, as far as the binding
 * limit allows.
 *
 * @param lists Lists of as many tensors; the n-th of each belong together.
 * @param capabilities Limits of the adapter.
 */
export function stackRanges(
  lists: readonly (readonly Tensor[])[],
  capabilities: Capabilities,
): StackRange[] {
  const size = elementCount(lists[0][0].shape);
  const placed = lists.map((list) => list.map(storageOf));
  const width = vectorWidth(
    size,
    ...placed.flatMap((list) => list.map(({ offset }) => offset)),
  );
  const usable = bindableBytes(capabilities);
  const most = Math.floor(usable / BYTES_PER_ELEMENT);
  const blocks = rowBlocks(size / width, [width], {
    ...capabilities,
    limits: { ...capabilities.limits, maxStorageBufferBindingSize: usable },
  });
  const ranges: StackRange[] = [];
  for (let first = 0, count = 0; first < lists[0].length; first += count) {
    count = Math.min(
      ...placed.map((list) => runLength(list, first, size, most)),
    );
    for (const [part, { start, rows }] of blocks.entries()) {
      const bound = placed.map((list) => {
        const [{ root, offset }, next = { offset }] = list.slice(first);
        const last = list[first + count - 1].offset;
        return {
          ...bindRange(
            root,
            offset + start * width,
            last + (start + rows) * width,
            capabilities,
          ),
          apart: next.offset - offset,
        };
      });
      ranges.push({
        first,
        count,
        part,
        parts: blocks.length,
        width,
        items: rows,
        bindings: bound.map(({ binding }) => binding),
        places: bound.map(({ base, apart }) =>
          `${base / width}u + ${
            count === 1 ? "" : `matrix * ${apart / width}u + `
          }item`
        ),
      });
    }
  }
  return ranges;
}

/** Tensors from one on that lie equally far apart and can be bound at once. */
function runLength(
  list: readonly Placed[],
  first: number,
  size: number,
  most: number,
): number {
  const { root, offset } = list[first];
  const apart = (list[first + 1]?.offset ?? 0) - offset;
  let count = 1;
  for (const next of list.slice(first + 1)) {
    const distance = next.offset - offset;
    const fits = distance + size <= most;
    if (next.root !== root || distance <= 0 || !fits) break;
    if (distance !== count * apart) break;
    count++;
  }
  return count;
}
