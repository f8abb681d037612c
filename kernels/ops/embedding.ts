import { embeddingGradient } from "./embedding_gradient.ts";
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

/** Operands of {@linkcode embedding}. */
export interface EmbeddingInputs {
  /** Token ids `(N)`, u32. */
  readonly tokens: Tensor;
  /** One row a token of the vocabulary `(V, C)`. */
  readonly table: Tensor;
}

/**
 * Looks up a row of a table for every token. An id of V or more, which the
 * host refuses before it uploads any, gives a row of zeros and no gradient.
 *
 * @param graph Graph to append to.
 * @param inputs Token ids and table.
 * @returns The rows, `(N, C)`.
 * @throws {ShapeError} if `tokens` is no u32 vector or `table` no matrix.
 *
 * @example
 * ```ts
 * import {
 *   embedding,
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const tokens = graph.constant("tokens", [2], Uint32Array.of(2, 0));
 * const table = graph.constant(
 *   "table",
 *   [3, 2],
 *   Float32Array.of(0, 1, 2, 3, 4, 5),
 * );
 * const rows = embedding(graph, { tokens, table });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [rows],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(rows)], [4, 5, 0, 1]);
 * gpu.close();
 * ```
 */
export function embedding(
  graph: GraphBuilder,
  { tokens, table }: EmbeddingInputs,
): Tensor {
  return graph.emit(spec, { tokens, table }, {}).rows;
}

const spec: OpSpec<Record<never, never>> = {
  name: "embedding",
  cheap: true,
  infer({ tokens, table }) {
    if (tokens.shape.length !== 1 || tokens.dtype !== "u32") {
      throw new ShapeError(
        `Cannot look up ${tokens.dtype} [${tokens.shape}]: token ids must be a u32 vector`,
      );
    }
    if (table.shape.length !== 2) {
      throw new ShapeError(
        `Cannot look up rows of [${table.shape}]: the table must be a matrix`,
      );
    }
    return {
      rows: { shape: [tokens.shape[0], table.shape[1]], dtype: "f32" },
    };
  },
  gradient({ node, graph, gradientOf, contribute }) {
    const upstream = gradientOf(node.outputs.rows);
    if (!upstream) return;
    const { tokens, table } = node.inputs;
    contribute(table, (into) =>
      embeddingGradient(graph, {
        tokens,
        upstream,
        into,
        vocabulary: table.shape[0],
      }));
  },
  lower: lowerEmbedding,
  flops: () => 0,
};

function lowerEmbedding(
  { node, capabilities, dispatch }: LowerContext<Record<never, never>>,
): void {
  const { tokens, table } = node.inputs;
  const { rows } = node.outputs;
  const [vocabulary, columns] = table.shape;
  const width = vectorWidth(columns);
  for (const block of rowBlocks(rows.shape[0], [columns], capabilities)) {
    for (const entries of rowBlocks(vocabulary, [columns], capabilities)) {
      dispatch({
        kernel: embeddingKernel({
          row: block.start,
          rows: block.rows,
          entry: entries.start,
          entries: entries.rows,
          items: columns / width,
          width,
        }),
        bindings: [
          {
            tensor: rows,
            offset: block.start * columns,
            length: block.rows * columns,
          },
          { tensor: tokens },
          {
            tensor: table,
            offset: entries.start * columns,
            length: entries.rows * columns,
          },
        ],
        workgroups: linearWorkgroups(
          elementCount([block.rows, columns / width]),
          capabilities,
        ),
      });
    }
  }
}

interface EmbeddingBlock {
  /** Rows of the result that are bound. */
  readonly row: number;
  readonly rows: number;
  /** Rows of the table that are bound. */
  readonly entry: number;
  readonly entries: number;
  /** Items of `width` elements in a row. */
  readonly items: number;
  readonly width: VectorWidth;
}

/**
 * One invocation copies one item. The launch for the first block of the table
 * writes every row, with zeros where the token lies elsewhere; later launches
 * write the rows of their own tokens.
 */
function embeddingKernel(block: EmbeddingBlock): KernelSource {
  const element = vectorElement(block.width);
  const found = `rows[index] = table[entry * ${block.items}u + column];`;
  return {
    name: "embedding",
    bindings: [
      { name: "rows", element, access: "write" },
      { name: "tokens", element: "u32", access: "read" },
      { name: "table", element, access: "read", reads: "buffer" },
    ],
    body: linearMain(
      block.rows * block.items,
      `
  let column = index % ${block.items}u;
  // Ids before the block wrap around to large numbers.
  let entry = tokens[${block.row}u + index / ${block.items}u] - ${block.entry}u;
  if (entry < ${block.entries}u) { ${found} }
  ${block.entry === 0 ? `else { rows[index] = ${element}(0.0); }` : ""}`,
    ),
  };
}
