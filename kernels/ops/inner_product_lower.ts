import { columnGeometry } from "./column_geometry.ts";
import type { KernelSource } from "./kernel_source.ts";
import { laneSum } from "./lane_sum.ts";
import {
  LINEAR_WORKGROUP,
  linearMain,
  linearWorkgroups,
  rowBlocks,
} from "./launch.ts";
import type { LowerContext } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { workgroupTotal } from "./workgroup_total.ts";

/** Most invocations of the first stage. */
const MOST_PARTS = 4096;
/** Elements that make an invocation worth its while. */
const PART_ELEMENTS = 64;

/** What an inner product is computed of. */
export interface InnerProductOperands {
  /** Rows to take columns of `(…, W)`. */
  readonly x: Tensor;
  /** What they are multiplied by `(…, C)`. */
  readonly y: Tensor;
  /** First column of `x`. */
  readonly column: number;
  /** Sum so far `(1)`; absent for zero. */
  readonly into?: Tensor | undefined;
  /** Where the sum goes `(1)`; holds `into` where that is done in place. */
  readonly sum: Tensor;
}

/**
 * Lowers `sum = into + Σ x[…, column …] · y` to partial sums, whose number the
 * shape alone decides, and their total.
 */
export function lowerInnerProduct(
  { capabilities, inPlace, scratch, dispatch }: Pick<
    LowerContext<unknown>,
    "capabilities" | "inPlace" | "scratch" | "dispatch"
  >,
  { x, y, column, into, sum }: InnerProductOperands,
): void {
  const geometry = columnGeometry(
    x.shape,
    column,
    y.shape[y.shape.length - 1],
  );
  const { rows, pitch, columns, width, element, items, place } = geometry;
  const count = Math.min(
    MOST_PARTS,
    Math.ceil(elementCount(y.shape) / PART_ELEMENTS),
  );
  const parts = scratch("parts", [count]);
  // Neighbouring invocations read neighbouring items.
  const partsKernel = (rows: number, first: boolean): KernelSource => ({
    name: "inner_product_parts",
    bindings: [
      { name: "parts", element: "f32", access: "write" },
      { name: "x", element, access: "read" },
      { name: "y", element, access: "read" },
    ],
    body: linearMain(
      count,
      `
  var part = ${element}(0.0);
  for (var item = index; item < ${rows * items}u; item += ${count}u) {
    part += x[${place("item")}] * y[item];
  }
  parts[index] = ${first ? "" : "parts[index] + "}${laneSum("part", width)};`,
    ),
  });
  for (const block of rowBlocks(rows, [pitch, columns], capabilities)) {
    const range = (width: number) => ({
      offset: block.start * width,
      length: block.rows * width,
    });
    dispatch({
      kernel: partsKernel(block.rows, block.start === 0),
      bindings: [
        { tensor: parts },
        { tensor: x, ...range(pitch) },
        { tensor: y, ...range(columns) },
      ],
      workgroups: linearWorkgroups(count, capabilities),
    });
  }
  const start = inPlace ? "sum" : into ? "into" : undefined;
  dispatch({
    kernel: totalKernel(
      count,
      start,
      capabilities.features.has("subgroups"),
    ),
    bindings: [
      { tensor: sum },
      { tensor: parts },
      ...(start === "into" && into ? [{ tensor: into }] : []),
    ],
    workgroups: [1, 1, 1],
  });
}

/** One workgroup adds all partial sums, each invocation every 64th. */
function totalKernel(
  count: number,
  start: "sum" | "into" | undefined,
  subgroups: boolean,
): KernelSource {
  return {
    name: "inner_product_total",
    extensions: subgroups ? ["subgroups"] : [],
    bindings: [
      { name: "sum", element: "f32", access: "write", reads: "old" },
      { name: "parts", element: "f32", access: "read" },
      ...(start === "into"
        ? [{ name: "into", element: "f32", access: "read" } as const]
        : []),
    ],
    body: `${
      workgroupTotal({ threads: LINEAR_WORKGROUP, element: "f32", subgroups })
    }
@compute @workgroup_size(${LINEAR_WORKGROUP})
fn main(@builtin(local_invocation_index) local: u32) {
  var part = 0.0;
  for (var at = local; at < ${count}u; at += ${LINEAR_WORKGROUP}u) {
    part += parts[at];
  }
  let total = group_total(local, part);
  if (local != 0u) { return; }
  sum[0] = ${start ? `${start}[0] + ` : ""}total;
}`,
  };
}
