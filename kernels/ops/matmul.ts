import { activationGradient } from "./activation.ts";
import type { ActivationKind } from "./activation_wgsl.ts";
import { add } from "./add.ts";
import { columnSum } from "./column_sum.ts";
import { lowerMatmul } from "./matmul_lower.ts";
import type { MatmulLayout } from "./matmul_problem.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import type { Tensor, TensorType } from "./tensor.ts";

/** Operands of {@linkcode matmul}. */
export interface MatmulInputs {
  /** Left operand: (M, K), or (K, M) for layout `tn`; or a stack (S, …). */
  readonly a: Tensor;
  /** Right operand: (K, N), or (N, K) for layout `nt`; or a stack (S, …). */
  readonly b: Tensor;
  /** Added to every row before the activation, (N); not of stacks. */
  readonly bias?: Tensor;
  /**
   * Added after the activation, of c's shape: a residual or a running sum. Its
   * storage is reused where nobody reads it later.
   */
  readonly addend?: Tensor;
}

/** Options of {@linkcode matmul}. */
export interface MatmulOptions {
  /**
   * How the operands are stored: `nn` as they are multiplied, `nt` with b
   * transposed (weights as Hugging Face's linear layers keep them), `tn` with
   * a transposed.
   */
  readonly layout: MatmulLayout;
  /** Non-linearity between bias and addend. @default none */
  readonly activation?: ActivationKind;
  /**
   * Operand that other launches nearby read as well, as gradients are read for
   * both operands of a product: where operands are copied, it is copied once.
   * @default a
   */
  readonly shared?: "a" | "b";
}

/**
 * Matrix product with what usually follows it in one kernel:
 * `c = activation(a·b + bias) + addend`. Of two stacks of S matrices, matrix by
 * matrix at once.
 *
 * @param graph Graph to append to.
 * @param operands Matrices and what is added to their product.
 * @param options Storage of the operands, and the activation.
 * @returns c, (M, N), or (S, M, N).
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   matmul,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const a = graph.constant("a", [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
 * const b = graph.constant("b", [1, 3], Float32Array.of(1, 0, 1));
 * const bias = graph.constant("bias", [1], Float32Array.of(0.5));
 * const c = matmul(graph, { a, b, bias }, { layout: "nt" });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [c],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(c)], [4.5, 10.5]);
 * gpu.close();
 * ```
 */
export function matmul(
  graph: GraphBuilder,
  operands: MatmulInputs,
  options: MatmulOptions,
): Tensor {
  const { a, b, bias, addend } = operands;
  return graph.emit(spec, { a, b, bias, addend }, options).c;
}

interface Sizes {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** S, M, N and K of two operands, checked. */
function sizesOf(
  a: TensorType,
  b: TensorType,
  layout: MatmulLayout,
): Sizes {
  const [matrices, ofB] = [a, b]
    .map(({ shape }) => shape.length === 3 ? shape[0] : 1);
  const [matrixA, matrixB] = [a, b].map(({ shape }) => shape.slice(-2));
  const [rows, depth] = layout === "tn" ? matrixA.reverse() : matrixA;
  const [columns, depthOfB] = layout === "nt" ? matrixB : matrixB.reverse();
  const dimensions = a.shape.length;
  if (
    dimensions < 2 || dimensions > 3 || b.shape.length !== dimensions ||
    matrices !== ofB || depth !== depthOfB
  ) {
    throw new ShapeError(
      `Cannot multiply [${a.shape}] by [${b.shape}] as "${layout}": both must be ` +
        "matrices with as many products on either side, or stacks of as many",
    );
  }
  return { matrices, rows, columns, depth };
}

const spec: OpSpec<MatmulOptions> = {
  name: "matmul",
  reuses: { result: "c", operand: "addend", optional: true },
  infer({ a, b, bias, addend }, { layout, activation }) {
    const { rows, columns } = sizesOf(a, b, layout);
    const shape = [...a.shape.slice(0, -2), rows, columns];
    if (bias && (bias.shape.join() !== `${columns}` || shape.length > 2)) {
      throw new ShapeError(
        `Cannot add a bias [${bias.shape}] to the columns of [${shape}]`,
      );
    }
    if (addend && addend.shape.join() !== shape.join()) {
      throw new ShapeError(
        `Cannot add [${addend.shape}] to a product [${shape}]`,
      );
    }
    const c: TensorType = { shape, dtype: "f32" };
    // What the activation was applied to is all that its gradient needs.
    return { c, ...(activation ? { pre: c } : {}) };
  },
  gradient({ node, graph, gradientOf, wants, contribute }) {
    const { a, b, bias, addend } = node.inputs;
    const { layout, activation } = node.attributes;
    const upstream = gradientOf(node.outputs.c);
    if (!upstream) return;
    contribute(addend, (sum) => sum ? add(graph, sum, upstream) : upstream);
    if (!wants(a) && !wants(b) && !wants(bias)) return;
    const d = activation
      ? activationGradient(graph, node.outputs.pre, upstream, activation)
      : upstream;
    contribute(bias, (sum) => columnSum(graph, d, sum));
    contribute(b, (sum) => {
      switch (layout) {
        case "nn":
          return product(graph, a, d, "tn", sum, "b");
        case "nt":
          return product(graph, d, a, "tn", sum, "a");
        case "tn":
          return product(graph, a, d, "nn", sum, "b");
      }
    });
    contribute(a, (sum) => {
      switch (layout) {
        case "nn":
          return product(graph, d, b, "nt", sum, "a");
        case "nt":
          return product(graph, d, b, "nn", sum, "a");
        case "tn":
          return product(graph, b, d, "nt", sum, "b");
      }
    });
  },
  lower(context) {
    const { node, inPlace } = context;
    const { a, b, bias, addend } = node.inputs;
    const { c, pre } = node.outputs;
    const { layout, activation, shared } = node.attributes;
    lowerMatmul(context, {
      layout,
      ...(shared ? { shared } : {}),
      ...sizesOf(a, b, layout),
      a: { tensor: a },
      b: { tensor: b },
      c: { tensor: c },
      ...(bias ? { bias } : {}),
      ...(activation
        ? { activation: { kind: activation, pre: { tensor: pre } } }
        : {}),
      ...(addend ? { addend: inPlace ? "inPlace" : { tensor: addend } } : {}),
    });
  },
  flops({ inputs: { a, b }, attributes: { layout } }) {
    const { matrices, rows, columns, depth } = sizesOf(a, b, layout);
    return 2 * matrices * rows * columns * depth;
  },
};

function product(
  graph: GraphBuilder,
  a: Tensor,
  b: Tensor,
  layout: MatmulLayout,
  addend: Tensor | undefined,
  shared: "a" | "b",
): Tensor {
  return matmul(
    graph,
    { a, b, ...(addend ? { addend } : {}) },
    { layout, shared },
  );
}
