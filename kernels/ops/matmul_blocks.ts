import type { Capabilities } from "../runtime/capabilities.ts";
import { bindableBytes } from "./bindable_bytes.ts";
import { MOST_LOOP_TURNS, type RowBlock } from "./launch.ts";
import type { TensorBinding } from "./op_spec.ts";
import type { MatmulLayout } from "./matmul_problem.ts";
import { BYTES_PER_ELEMENT, elementCount, type Tensor } from "./tensor.ts";

/** Runs of rows, columns and depths whose operands can all be bound. */
export interface MatmulBlocks {
  /** Runs of rows of c. */
  readonly rows: readonly RowBlock[];
  /** Runs of columns of c. */
  readonly columns: readonly RowBlock[];
  /** Runs of depths, whose products are added one after the other. */
  readonly depth: readonly RowBlock[];
}

/**
 * Depths of one launch: kernels take four a turn or, staged, ten turns for
 * sixteen.
 */
const MOST_DEPTH = MOST_LOOP_TURNS;

/**
 * Splits a matmul for the binding limit. Each stored matrix is cut along its
 * own rows: c along its rows, a along rows (nn, nt) or depth (tn), b along the
 * depth (nn, tn) or columns (nt). One block in each dimension wherever the
 * limit allows.
 */
export function matmulBlocks(
  layout: MatmulLayout,
  size: {
    readonly rows: number;
    readonly columns: number;
    readonly depth: number;
  },
  capabilities: Capabilities,
): MatmulBlocks {
  const { rows, columns, depth } = size;
  return {
    rows: runs(
      rows,
      layout === "tn" ? [columns] : [columns, depth],
      capabilities,
    ),
    columns: runs(columns, layout === "nt" ? [depth] : [], capabilities),
    depth: runs(
      depth,
      layout === "nn" ? [columns] : layout === "tn" ? [rows, columns] : [],
      capabilities,
      MOST_DEPTH,
    ),
  };
}

/**
 * Binds a range of a tensor that may start anywhere: from the last aligned
 * element on.
 *
 * @param start First element wanted.
 * @param end One past the last element wanted.
 * @returns The binding, and where the range starts inside it.
 */
export function bindRange(
  tensor: Tensor,
  start: number,
  end: number,
  capabilities: Capabilities,
): { readonly binding: TensorBinding; readonly base: number } {
  const alignment = capabilities.limits.minStorageBufferOffsetAlignment /
    BYTES_PER_ELEMENT;
  const offset = Math.floor(start / alignment) * alignment;
  const length = end - offset;
  const whole = offset === 0 && length === elementCount(tensor.shape);
  return {
    binding: whole ? { tensor } : { tensor, offset, length },
    base: start - offset,
  };
}

/** Runs of at most `longest` rows, and as many as can be bound of each matrix. */
function runs(
  length: number,
  widths: readonly number[],
  { limits }: Capabilities,
  longest: number = length,
): RowBlock[] {
  const widest = Math.max(0, ...widths) * BYTES_PER_ELEMENT;
  const limit = limits.maxStorageBufferBindingSize;
  // A run may start off alignment, and then what is bound starts earlier.
  const usable = bindableBytes({ limits });
  const most = Math.min(longest, Math.floor(usable / widest));
  if (length <= most) return [{ start: 0, rows: length }];
  if (most < 1) {
    throw new RangeError(
      `Cannot bind rows of ${widest} bytes: the adapter binds at most ${limit} bytes at once`,
    );
  }
  // Whole numbers of 64 rows are aligned at any width, so that the blocks run
  // the same kernel; fours keep vec4 access.
  const step = most >= 64 ? 64 : most >= 4 ? 4 : 1;
  const rows = Math.floor(most / step) * step;
  return Array.from({ length: Math.ceil(length / rows) }, (_, index) => ({
    start: index * rows,
    rows: Math.min(rows, length - index * rows),
  }));
}
