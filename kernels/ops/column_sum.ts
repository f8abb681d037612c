import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, LowerContext, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { ROWS_SUMMED_AT_ONCE, rowsPerChunk } from "./rows_per_chunk.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import {
  vectorElement,
  type VectorWidth,
  vectorWidth,
} from "./vector_width.ts";

/**
 * Sum over the rows of a matrix, in a fixed order: the gradient of a bias.
 *
 * @param graph Graph to append to.
 * @param x Matrix `(N, C)`.
 * @param into Sum so far `(C)`, whose storage is reused; absent for zero.
 * @returns `into` plus the column sums, `(C)`.
 * @throws {ShapeError} if `x` is no matrix or `into` has another length.
 *
 * @example
 * ```ts
 * import {
 *   columnSum,
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [2, 2], Float32Array.of(1, 2, 3, 4));
 * const sum = columnSum(graph, x);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [sum],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(sum)], [4, 6]);
 * gpu.close();
 * ```
 */
export function columnSum(
  graph: GraphBuilder,
  x: Tensor,
  into?: Tensor,
): Tensor {
  return graph.emit(spec, { x, into }, {}).sum;
}

const spec: OpSpec<Record<never, never>> = {
  name: "column_sum",
  reuses: { result: "sum", operand: "into", optional: true },
  infer({ x, into }) {
    if (x.shape.length !== 2) {
      throw new ShapeError(
        `Cannot sum the columns of [${x.shape}]: it must be a matrix`,
      );
    }
    if (into && into.shape.join() !== `${x.shape[1]}`) {
      throw new ShapeError(
        `Cannot add the column sums of [${x.shape}] to [${into.shape}]: ` +
          `it must have shape [${x.shape[1]}]`,
      );
    }
    return { sum: { shape: [x.shape[1]], dtype: "f32" } };
  },
  lower: lowerColumnSum,
  flops: (node) => elementCount(node.inputs.x.shape),
};

function lowerColumnSum(
  { node, capabilities, inPlace, scratch, dispatch }: LowerContext<
    Record<never, never>
  >,
): void {
  const { x, into } = node.inputs;
  const { sum } = node.outputs;
  const [rows, columns] = x.shape;
  const width = vectorWidth(columns);
  const items = columns / width;
  const chunkRows = rowsPerChunk(rows, items);
  const blocks = rowBlocks(rows, [columns], capabilities);
  const partial = blocks[0].rows > ROWS_SUMMED_AT_ONCE
    ? scratch("partial", [Math.ceil(blocks[0].rows / chunkRows), columns])
    : undefined;
  for (const block of blocks) {
    let source: Tensor = x;
    let sourceOffset = block.start * columns;
    let sourceRows = block.rows;
    if (partial && block.rows > ROWS_SUMMED_AT_ONCE) {
      const chunks = Math.ceil(block.rows / chunkRows);
      dispatch({
        kernel: columnSumKernel({
          rows: block.rows,
          chunkRows,
          items,
          width,
          start: "zero",
        }),
        bindings: [
          { tensor: partial, length: chunks * columns },
          {
            tensor: x,
            offset: sourceOffset,
            length: block.rows * columns,
          },
        ],
        workgroups: linearWorkgroups(chunks * items, capabilities),
      });
      source = partial;
      sourceOffset = 0;
      sourceRows = chunks;
    }
    const start = block.start > 0 || inPlace ? "sum" : into ? "into" : "zero";
    dispatch({
      kernel: columnSumKernel({
        rows: sourceRows,
        chunkRows: sourceRows,
        items,
        width,
        start,
      }),
      bindings: [
        { tensor: sum },
        {
          tensor: source,
          offset: sourceOffset,
          length: sourceRows * columns,
        },
        ...(start === "into" && into ? [{ tensor: into }] : []),
      ],
      workgroups: linearWorkgroups(items, capabilities),
    });
  }
}

interface ColumnSumShape {
  readonly rows: number;
  readonly chunkRows: number;
  /** Items of `width` elements in a row. */
  readonly items: number;
  readonly width: VectorWidth;
  /** What the sum of each chunk is added to. */
  readonly start: "zero" | "into" | "sum";
}

/** One invocation sums one item of one chunk of rows, top to bottom. */
function columnSumKernel(
  { rows, chunkRows, items, width, start }: ColumnSumShape,
): KernelSource {
  const element = vectorElement(width);
  const chunks = Math.ceil(rows / chunkRows);
  return {
    name: "column_sum",
    bindings: [
      { name: "sum", element, access: "write", reads: "old" },
      { name: "x", element, access: "read" },
      ...(start === "into"
        ? [{ name: "into", element, access: "read" } as const]
        : []),
    ],
    body: linearMain(
      chunks * items,
      `
  let column = index % ${items}u;
  let first = index / ${items}u * ${chunkRows}u;
  let end = ${
        chunks === 1 ? `${rows}u` : `min(first + ${chunkRows}u, ${rows}u)`
      };
  var total = ${element}(0.0);
  for (var row = first; row < end; row++) {
    total += x[row * ${items}u + column];
  }
  sum[index] = ${start === "zero" ? "total" : `${start}[index] + total`};`,
    ),
  };
}
