import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, LowerContext, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import {
  vectorElement,
  type VectorWidth,
  vectorWidth,
} from "./vector_width.ts";

/** Operands of {@linkcode addPositionsGradient}. */
export interface AddPositionsGradientInputs {
  /** Gradient by the rows with positions added `(N, C)`. */
  readonly upstream: Tensor;
  /** Position of the first token of every sequence, u32 `(1)`; 0 if absent. */
  readonly offset?: Tensor;
  /** Sum so far `(P, C)`, whose storage is reused; absent for zero. */
  readonly into?: Tensor;
}

/** Sizes of {@linkcode addPositionsGradient}. */
export interface AddPositionsGradientOptions {
  /** Length T of each sequence. */
  readonly period: number;
  /** Rows of the table, P. */
  readonly positions: number;
}

/**
 * Gradient of added positions by their table: the sum over the sequences, from
 * the first to the last.
 *
 * @param graph Graph to append to.
 * @param inputs Upstream gradient, offset and the sum so far.
 * @param options Length of the sequences and of the table.
 * @returns The gradient by the table, `(P, C)`.
 * @throws {ShapeError} if the sum so far has another shape.
 */
export function addPositionsGradient(
  graph: GraphBuilder,
  { upstream, offset, into }: AddPositionsGradientInputs,
  { period, positions }: AddPositionsGradientOptions,
): Tensor {
  return graph.emit(spec, { upstream, offset, into }, { period, positions })
    .sum;
}

const spec: OpSpec<AddPositionsGradientOptions> = {
  name: "add_positions_gradient",
  reuses: { result: "sum", operand: "into", optional: true },
  infer({ upstream, into }, { positions }) {
    const shape = [positions, upstream.shape[1]];
    if (into && into.shape.join() !== shape.join()) {
      throw new ShapeError(
        `Cannot add the gradient of positions [${shape}] to [${into.shape}]: ` +
          `shapes must be equal`,
      );
    }
    return { sum: { shape, dtype: "f32" } };
  },
  lower: lowerAddPositionsGradient,
  flops: (node) => elementCount(node.inputs.upstream.shape),
};

function lowerAddPositionsGradient(
  { node, capabilities, inPlace, dispatch }: LowerContext<
    AddPositionsGradientOptions
  >,
): void {
  const { upstream, offset, into } = node.inputs;
  const { sum } = node.outputs;
  const [rows, columns] = upstream.shape;
  const width = vectorWidth(columns);
  const items = columns / width;
  const { period, positions } = node.attributes;
  for (const entries of rowBlocks(positions, [columns], capabilities)) {
    const range = {
      offset: entries.start * columns,
      length: entries.rows * columns,
    };
    for (const block of rowBlocks(rows, [columns], capabilities)) {
      const start = block.start > 0 || inPlace ? "sum" : into ? "into" : "zero";
      dispatch({
        kernel: gradientKernel({
          row: block.start,
          rows: block.rows,
          entry: entries.start,
          entries: entries.rows,
          period,
          items,
          width,
          offset: offset !== undefined,
          start,
        }),
        bindings: [
          { tensor: sum, ...range },
          {
            tensor: upstream,
            offset: block.start * columns,
            length: block.rows * columns,
          },
          ...(offset ? [{ tensor: offset }] : []),
          ...(start === "into" && into ? [{ tensor: into, ...range }] : []),
        ],
        workgroups: linearWorkgroups(entries.rows * items, capabilities),
      });
    }
  }
}

interface GradientBlock {
  /** Rows of the upstream gradient that are bound. */
  readonly row: number;
  readonly rows: number;
  /** Rows of the table that are bound. */
  readonly entry: number;
  readonly entries: number;
  readonly period: number;
  /** Items of `width` elements in a row. */
  readonly items: number;
  readonly width: VectorWidth;
  readonly offset: boolean;
  /** What the sum is added to. */
  readonly start: "zero" | "into" | "sum";
}

/** One invocation sums one item of one position over the bound sequences. */
function gradientKernel(block: GradientBlock): KernelSource {
  const element = vectorElement(block.width);
  const { row, rows, period, items, start } = block;
  // The first bound row of position t is (t - row) mod period.
  const ahead = period - row % period;
  return {
    name: "add_positions_gradient",
    bindings: [
      { name: "sum", element, access: "write" },
      { name: "upstream", element, access: "read" },
      ...(block.offset
        ? [{ name: "offset", element: "u32", access: "read" } as const]
        : []),
      ...(start === "into"
        ? [{ name: "into", element, access: "read" } as const]
        : []),
    ],
    body: linearMain(
      block.entries * items,
      `
  let column = index % ${items}u;
  // Table rows before the offset wrap around to large numbers.
  let position = ${block.entry}u + index / ${items}u${
        block.offset ? " - offset[0]" : ""
      };
  var total = ${start === "zero" ? `${element}(0.0)` : `${start}[index]`};
  if (position < ${period}u) {
    for (
      var row = (position + ${ahead}u) % ${period}u;
      row < ${rows}u;
      row += ${period}u
    ) {
      total += upstream[row * ${items}u + column];
    }
  }
  sum[index] = total;`,
    ),
  };
}
