import { addPositionsGradient } from "./add_positions_gradient.ts";
import { add } from "./add.ts";
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

/** Operands of {@linkcode addPositions}. */
export interface AddPositionsInputs {
  /** Token embeddings `(N, C)`, sequences one after the other. */
  readonly x: Tensor;
  /** One row a position `(P, C)`. */
  readonly table: Tensor;
  /** Position of the first token of every sequence, u32 `(1)`; 0 if absent. */
  readonly offset?: Tensor;
}

/**
 * Adds learned position embeddings: row n gets row `n mod period + offset` of
 * the table, or nothing where the table ends before.
 *
 * @param graph Graph to append to.
 * @param inputs Token embeddings, position table and offset.
 * @param options `period` is the length T of each sequence.
 * @returns The sum, `(N, C)`.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   addPositions,
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [4, 1], Float32Array.of(1, 2, 3, 4));
 * const table = graph.constant("table", [2, 1], Float32Array.of(10, 20));
 * const sum = addPositions(graph, { x, table }, { period: 2 });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [sum],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(sum)], [11, 22, 13, 24]);
 * gpu.close();
 * ```
 */
export function addPositions(
  graph: GraphBuilder,
  { x, table, offset }: AddPositionsInputs,
  { period }: { readonly period: number },
): Tensor {
  return graph.emit(spec, { x, table, offset }, { period }).sum;
}

interface Attributes {
  readonly period: number;
}

const spec: OpSpec<Attributes> = {
  name: "add_positions",
  cheap: true,
  reuses: { result: "sum", operand: "x" },
  infer({ x, table, offset }, { period }) {
    if (
      x.shape.length !== 2 || table.shape.length !== 2 ||
      x.shape[1] !== table.shape[1]
    ) {
      throw new ShapeError(
        `Cannot add positions [${table.shape}] to [${x.shape}]: ` +
          `both must be matrices of as many columns`,
      );
    }
    if (!Number.isSafeInteger(period) || period < 1) {
      throw new ShapeError(
        `Cannot add positions to sequences of length ${period}: ` +
          `it must be a positive integer`,
      );
    }
    if (!offset && Math.min(period, x.shape[0]) > table.shape[0]) {
      throw new ShapeError(
        `Cannot add ${
          table.shape[0]
        } positions to sequences of length ${period}: ` +
          `there must be a position for each token`,
      );
    }
    if (offset && (offset.dtype !== "u32" || offset.shape.join() !== "1")) {
      throw new ShapeError(
        `Cannot offset positions by ${offset.dtype} [${offset.shape}]: it must be u32 [1]`,
      );
    }
    return { sum: { shape: x.shape, dtype: "f32" } };
  },
  gradient({ node, graph, gradientOf, contribute }) {
    const upstream = gradientOf(node.outputs.sum);
    if (!upstream) return;
    const { x, table, offset } = node.inputs;
    contribute(
      table,
      (into) =>
        addPositionsGradient(graph, { upstream, offset, into }, {
          period: node.attributes.period,
          positions: table.shape[0],
        }),
    );
    contribute(x, (sum) => sum ? add(graph, sum, upstream) : upstream);
  },
  lower: lowerAddPositions,
  flops: (node) => elementCount(node.outputs.sum.shape),
};

function lowerAddPositions(
  { node, capabilities, inPlace, dispatch }: LowerContext<Attributes>,
): void {
  const { x, table, offset } = node.inputs;
  const { sum } = node.outputs;
  const [positions, columns] = table.shape;
  const width = vectorWidth(columns);
  const items = columns / width;
  for (const block of rowBlocks(sum.shape[0], [columns], capabilities)) {
    const range = {
      offset: block.start * columns,
      length: block.rows * columns,
    };
    for (const entries of rowBlocks(positions, [columns], capabilities)) {
      const update = inPlace || entries.start > 0;
      dispatch({
        kernel: addPositionsKernel({
          row: block.start,
          rows: block.rows,
          entry: entries.start,
          entries: entries.rows,
          period: node.attributes.period,
          items,
          width,
          update,
          offset: offset !== undefined,
        }),
        bindings: [
          { tensor: sum, ...range },
          {
            tensor: table,
            offset: entries.start * columns,
            length: entries.rows * columns,
          },
          ...(update ? [] : [{ tensor: x, ...range }]),
          ...(offset ? [{ tensor: offset }] : []),
        ],
        workgroups: linearWorkgroups(block.rows * items, capabilities),
      });
    }
  }
}

interface PositionsBlock {
  /** Rows of the sum that are bound. */
  readonly row: number;
  readonly rows: number;
  /** Rows of the table that are bound. */
  readonly entry: number;
  readonly entries: number;
  readonly period: number;
  /** Items of `width` elements in a row. */
  readonly items: number;
  readonly width: VectorWidth;
  /** Whether the sum already holds `x`. */
  readonly update: boolean;
  readonly offset: boolean;
}

/** One invocation adds one item, if its position lies in the bound rows. */
function addPositionsKernel(block: PositionsBlock): KernelSource {
  const element = vectorElement(block.width);
  const { items, update } = block;
  return {
    name: "add_positions",
    bindings: [
      { name: "sum", element, access: "write" },
      { name: "table", element, access: "read" },
      ...(update ? [] : [{ name: "x", element, access: "read" } as const]),
      ...(block.offset
        ? [{ name: "offset", element: "u32", access: "read" } as const]
        : []),
    ],
    body: linearMain(
      block.rows * items,
      `
  let position = (${block.row}u + index / ${items}u) % ${block.period}u${
        block.offset ? " + offset[0]" : ""
      };
  // Positions before the block wrap around to large numbers.
  let entry = position - ${block.entry}u;
  var value = ${update ? "sum" : "x"}[index];
  if (entry < ${block.entries}u) {
    value += table[entry * ${items}u + index % ${items}u];
  }
  sum[index] = value;`,
    ),
  };
}
