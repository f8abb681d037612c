import type { Capabilities } from "../runtime/capabilities.ts";
import { BYTES_PER_ELEMENT } from "./tensor.ts";

/** Invocations per workgroup of a linear kernel: legal everywhere. */
export const LINEAR_WORKGROUP = 64;

/**
 * Turns that the loops of one invocation may take, all loops together. Mesa's
 * software driver silently ends every loop after 65,535 of them in total, so
 * kernels share or split longer work; the rest is left for their setup.
 */
export const MOST_LOOP_TURNS = 60_000;

/**
 * WGSL that opens an entry point with one invocation per item and gives its
 * number as `index`. Pairs with {@linkcode linearWorkgroups}; two dimensions
 * are needed because one is limited to 65,535 workgroups.
 *
 * @param items Number of items; invocations beyond them do nothing.
 * @param body What is done for an item.
 * @param common What is the same for all items, such as a step's numbers. It
 * comes before any branch, where drivers that run shaders on a CPU load once
 * for all lanes.
 *
 * @example
 * ```ts
 * import { linearMain } from "@minnow/minnow";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const body = linearMain(1000, "y[index] = 2.0 * x[index];");
 * assertStringIncludes(body, "if (index >= 1000u) { return; }");
 * ```
 */
export function linearMain(
  items: number,
  body: string,
  common: string = "",
): string {
  return `
@compute @workgroup_size(${LINEAR_WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  ${common}
  let index = (group.y * groups.x + group.x) * ${LINEAR_WORKGROUP}u + local;
  if (index >= ${items}u) { return; }
  ${body}
}`;
}

/**
 * Workgroups that cover `items` invocations of a linear kernel.
 *
 * @example
 * ```ts
 * import { DEFAULT_CAPABILITIES, linearWorkgroups } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linearWorkgroups(130, DEFAULT_CAPABILITIES), [3, 1, 1]);
 * ```
 */
export function linearWorkgroups(
  items: number,
  capabilities: Capabilities,
): [number, number, number] {
  return foldWorkgroups(Math.ceil(items / LINEAR_WORKGROUP), capabilities);
}

/**
 * Folds a number of workgroups into two dimensions within the limit. The
 * grid may hold more than asked for, so kernels check their index.
 *
 * @throws {RangeError} if two dimensions do not hold them.
 *
 * @example
 * ```ts
 * import { DEFAULT_CAPABILITIES, foldWorkgroups } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(foldWorkgroups(100_000, DEFAULT_CAPABILITIES), [50_000, 2, 1]);
 * ```
 */
export function foldWorkgroups(
  count: number,
  capabilities: Capabilities,
): [number, number, number] {
  const limit = capabilities.limits.maxComputeWorkgroupsPerDimension;
  const rows = Math.ceil(count / limit);
  if (rows > limit) {
    throw new RangeError(
      `Cannot launch ${count} workgroups: the adapter allows ${limit} in each of two dimensions`,
    );
  }
  return [Math.ceil(count / rows), rows, 1];
}

/** A run of rows of a matrix. */
export interface RowBlock {
  /** First row. */
  readonly start: number;
  /** Number of rows. */
  readonly rows: number;
}

/**
 * Splits the rows of one or more row-major matrices so that the part of each
 * matrix in a block can be bound: no part is larger than the binding limit,
 * and each starts at an aligned offset.
 *
 * @param rows Rows to split.
 * @param columns Elements per row of each matrix that is split along.
 * @returns One block covering everything wherever the limits allow it.
 * @throws {RangeError} if not even the smallest aligned run of rows fits.
 *
 * @example
 * ```ts
 * import { DEFAULT_CAPABILITIES, rowBlocks } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * // 400 MB where 128 MiB can be bound at once.
 * const blocks = rowBlocks(1000, [100_000], DEFAULT_CAPABILITIES);
 * assertEquals(blocks.map(({ rows }) => rows), [334, 334, 332]);
 * ```
 */
export function rowBlocks(
  rows: number,
  columns: readonly number[],
  capabilities: Capabilities,
): RowBlock[] {
  const { maxStorageBufferBindingSize, minStorageBufferOffsetAlignment } =
    capabilities.limits;
  const widest = Math.max(...columns) * BYTES_PER_ELEMENT;
  if (rows * widest <= maxStorageBufferBindingSize) return [{ start: 0, rows }];
  // Rows per block are a multiple of the smallest count whose bytes are
  // aligned in every matrix.
  const step = columns.reduce((multiple, width) => {
    const bytes = width * BYTES_PER_ELEMENT;
    const aligned = minStorageBufferOffsetAlignment /
      greatestCommonDivisor(bytes, minStorageBufferOffsetAlignment);
    return multiple * aligned / greatestCommonDivisor(multiple, aligned);
  }, 1);
  const most = Math.floor(maxStorageBufferBindingSize / widest / step) * step;
  if (most < 1) {
    throw new RangeError(
      `Cannot bind rows of ${widest} bytes in aligned blocks: the adapter binds at most ` +
        `${maxStorageBufferBindingSize} bytes at once`,
    );
  }
  const blocks: RowBlock[] = [];
  for (let start = 0; start < rows; start += most) {
    blocks.push({ start, rows: Math.min(most, rows - start) });
  }
  return blocks;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
