import { columnGeometry } from "./column_geometry.ts";
import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";

/** Operands of {@linkcode scaledColumns}. */
export interface ScaledColumnsInputs {
  /** Rows to take columns of `(…, W)`. */
  readonly x: Tensor;
  /** Their factor `(1)`. */
  readonly scale: Tensor;
  /** Sum so far `(…, C)`, whose storage is reused; absent for zero. */
  readonly into?: Tensor | undefined;
}

/** Some neighbouring columns of a matrix. */
export interface ColumnRange {
  /** The first one. */
  readonly column: number;
  /** How many, C. */
  readonly columns: number;
}

/**
 * Columns of rows times a scalar, added to a sum: the gradient by what was
 * scaled.
 *
 * @param graph Graph to append to.
 * @param inputs Rows, factor and the sum so far.
 * @param range Which columns; all where absent.
 * @returns `into + scale · x[…, column … column + columns)`, `(…, C)`.
 */
export function scaledColumns(
  graph: GraphBuilder,
  { x, scale, into }: ScaledColumnsInputs,
  range: ColumnRange = { column: 0, columns: x.shape[x.shape.length - 1] },
): Tensor {
  return graph.emit(spec, { x, scale, into }, range).sum;
}

const spec: OpSpec<ColumnRange> = {
  name: "scaled_columns",
  reuses: { result: "sum", operand: "into", optional: true },
  infer: ({ x }, { columns }) => ({
    sum: { shape: [...x.shape.slice(0, -1), columns], dtype: "f32" },
  }),
  lower({ node, capabilities, inPlace, dispatch }) {
    const { x, scale, into } = node.inputs;
    const { sum } = node.outputs;
    const { column, columns: taken } = node.attributes;
    const { rows, pitch, columns, element, items, place } = columnGeometry(
      x.shape,
      column,
      taken,
    );
    const start = inPlace ? "sum" : into ? "into" : undefined;
    const kernel = (count: number): KernelSource => ({
      name: "scaled_columns",
      bindings: [
        { name: "sum", element, access: "write", reads: "old" },
        { name: "x", element, access: "read" },
        { name: "scale", element: "f32", access: "read" },
        ...(start === "into"
          ? [{ name: "into", element, access: "read" } as const]
          : []),
      ],
      body: linearMain(
        count * items,
        `sum[index] = ${start ? `${start}[index] + ` : ""}factor * x[${
          place("index")
        }];`,
        "let factor = scale[0];",
      ),
    });
    for (const block of rowBlocks(rows, [pitch, columns], capabilities)) {
      const range = (width: number) => ({
        offset: block.start * width,
        length: block.rows * width,
      });
      dispatch({
        kernel: kernel(block.rows),
        bindings: [
          { tensor: sum, ...range(columns) },
          { tensor: x, ...range(pitch) },
          { tensor: scale },
          ...(start === "into" && into
            ? [{ tensor: into, ...range(columns) }]
            : []),
        ],
        workgroups: linearWorkgroups(block.rows * items, capabilities),
      });
    }
  },
  flops: (node) => 2 * elementCount(node.outputs.sum.shape),
};
