import { add } from "./add.ts";
import { columnGeometry } from "./column_geometry.ts";
import { innerProduct } from "./inner_product.ts";
import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GradientContext, GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { scaledColumns } from "./scaled_columns.ts";
import { startKernel } from "./start_kernel.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorWidth } from "./vector_width.ts";

/** Operands of {@linkcode scaledSum}. */
export interface ScaledSumInputs {
  /** First summand `(N, W)`; its storage is reused where it is dead. */
  readonly a: Tensor;
  /** Its factor `(1)`; absent for one. */
  readonly scaleA?: Tensor;
  /** Second summand `(N, C)`; as wide as the first where that has a factor. */
  readonly b: Tensor;
  /** Its factor `(1)`. */
  readonly scaleB: Tensor;
}

/** Where {@linkcode scaledSum} adds. */
export interface ScaledSumOptions {
  /** First of the columns that `b` is added to. @default 0 */
  readonly column?: number;
}

/**
 * Sum of two matrices times scalars that may be learned. The second may be
 * narrower and is added to some columns only, such as the values among packed
 * queries, keys and values.
 *
 * @param graph Graph to append to.
 * @param inputs Summands and factors.
 * @param options Which columns.
 * @returns `scaleA · a`, plus `scaleB · b` from that column on, `(N, W)`.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 *   scaledSum,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const row = (name: string, ...values: number[]) =>
 *   graph.constant(name, [1, values.length], Float32Array.from(values));
 * const scaleA = graph.constant("ten", [1], Float32Array.of(10));
 * const scaleB = graph.constant("two", [1], Float32Array.of(2));
 * const a = row("a", 1, 2, 3);
 * const whole = scaledSum(graph, { a, scaleA, b: row("b", 4, 5, 6), scaleB });
 * const last = scaledSum(graph, { a, b: row("c", 7), scaleB }, { column: 2 });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [whole, last],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(whole)], [18, 30, 42]);
 * assertEquals([...await program.read(last)], [1, 2, 17]);
 * gpu.close();
 * ```
 */
export function scaledSum(
  graph: GraphBuilder,
  { a, scaleA, b, scaleB }: ScaledSumInputs,
  { column = 0 }: ScaledSumOptions = {},
): Tensor {
  return graph.emit(spec, { a, scaleA, b, scaleB }, { column }).y;
}

type Attributes = Required<ScaledSumOptions>;

const spec: OpSpec<Attributes> = {
  name: "scaled_sum",
  cheap: true,
  reuses: { result: "y", operand: "a" },
  infer({ a, scaleA, b, scaleB }, { column }) {
    const fits = a.shape.length === 2 && b.shape.length === 2 &&
      a.shape[0] === b.shape[0] && Number.isSafeInteger(column) &&
      column >= 0 && column + b.shape[1] <= a.shape[1];
    if (!fits) {
      throw new ShapeError(
        `Cannot add [${b.shape}] to [${a.shape}] from column ${column} on: ` +
          "rows must be as many, and columns must fit",
      );
    }
    if (scaleA && a.shape[1] !== b.shape[1]) {
      throw new ShapeError(
        `Cannot scale [${a.shape}] and add [${b.shape}] to some of its ` +
          "columns: both must have one shape",
      );
    }
    for (const scale of [scaleA, scaleB]) {
      if (!scale || scale.shape.join() === "1") continue;
      throw new ShapeError(
        `Cannot scale a summand by [${scale.shape}]: it must be one number, [1]`,
      );
    }
    return { y: { shape: a.shape, dtype: "f32" } };
  },
  gradient: emitGradients,
  lower({ node, capabilities, inPlace, dispatch }) {
    const { a, scaleA, b, scaleB } = node.inputs;
    const { y } = node.outputs;
    const { rows, pitch, columns, element, items, place } = columnGeometry(
      y.shape,
      node.attributes.column,
      b.shape[1],
    );
    const some = columns < pitch;
    const first = inPlace || some ? "y" : "a";
    const kernel = (count: number): KernelSource => ({
      name: "scaled_sum",
      bindings: [
        { name: "y", element, access: "write", reads: "old" },
        { name: "b", element, access: "read" },
        { name: "scale_b", element: "f32", access: "read" },
        ...(scaleA
          ? [{ name: "scale_a", element: "f32", access: "read" } as const]
          : []),
        ...(first === "a"
          ? [{ name: "a", element, access: "read" } as const]
          : []),
      ],
      body: linearMain(
        count * items,
        `
  let at = ${place("index")};
  y[at] = ${
          scaleA ? "scale_a[0] * " : ""
        }${first}[at] + scale_b[0] * b[index];`,
      ),
    });
    for (const block of rowBlocks(rows, [pitch, columns], capabilities)) {
      const range = (width: number) => ({
        offset: block.start * width,
        length: block.rows * width,
      });
      const whole = range(pitch);
      if (some && !inPlace) {
        const width = vectorWidth(pitch);
        dispatch({
          kernel: startKernel(whole.length / width, width, true),
          bindings: [{ tensor: y, ...whole }, { tensor: a, ...whole }],
          workgroups: linearWorkgroups(whole.length / width, capabilities),
        });
      }
      dispatch({
        kernel: kernel(block.rows),
        bindings: [
          { tensor: y, ...whole },
          { tensor: b, ...range(columns) },
          { tensor: scaleB },
          ...(scaleA ? [{ tensor: scaleA }] : []),
          ...(first === "a" ? [{ tensor: a, ...whole }] : []),
        ],
        workgroups: linearWorkgroups(block.rows * items, capabilities),
      });
    }
  },
  flops: ({ inputs: { a, scaleA, b } }) =>
    (scaleA ? elementCount(a.shape) : 0) + 2 * elementCount(b.shape),
};

function emitGradients(
  { node, graph, gradientOf, contribute }: GradientContext<Attributes>,
): void {
  const upstream = gradientOf(node.outputs.y);
  if (!upstream) return;
  const { a, scaleA, b, scaleB } = node.inputs;
  const { column } = node.attributes;
  contribute(
    scaleB,
    (into) => innerProduct(graph, { x: upstream, y: b, into }, column),
  );
  contribute(
    b,
    (into) =>
      scaledColumns(graph, { x: upstream, scale: scaleB, into }, {
        column,
        columns: b.shape[1],
      }),
  );
  contribute(
    scaleA,
    (into) => innerProduct(graph, { x: upstream, y: a, into }, 0),
  );
  contribute(a, (into) => {
    if (scaleA) {
      return scaledColumns(graph, { x: upstream, scale: scaleA, into });
    }
    return into ? add(graph, into, upstream) : upstream;
  });
}
