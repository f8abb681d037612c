import { flatRanges } from "./flat_ranges.ts";
import { linearMain, linearWorkgroups } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorElement } from "./vector_width.ts";

/** Operands of {@linkcode squarePolynomial}. */
export interface SquarePolynomialInputs {
  /** A square matrix A, (N, N), or a stack of them, (S, N, N). */
  readonly matrix: Tensor;
  /** A·A, of the same shape. Its storage is reused where nobody reads it later. */
  readonly square: Tensor;
}

/**
 * A quadratic polynomial of a square matrix: a·I + b·A + c·A².
 *
 * @param graph Graph to append to.
 * @param inputs A and its square.
 * @param coefficients a, b and c.
 * @returns The polynomial, of the same shape.
 * @throws {ShapeError} if the operands are no square matrices of one size.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   matmul,
 *   openDevice,
 *   planProgram,
 *   squarePolynomial,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const matrix = graph.constant("A", [2, 2], Float32Array.of(1, 1, 0, 1));
 * const square = matmul(graph, { a: matrix, b: matrix }, { layout: "nn" });
 * const sum = squarePolynomial(graph, { matrix, square }, [100, 10, 1]);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [sum],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(sum)], [111, 12, 0, 111]);
 * gpu.close();
 * ```
 */
export function squarePolynomial(
  graph: GraphBuilder,
  { matrix, square }: SquarePolynomialInputs,
  coefficients: readonly [number, number, number],
): Tensor {
  return graph.emit(spec, { matrix, square }, { coefficients }).sum;
}

interface Attributes {
  readonly coefficients: readonly [number, number, number];
}

const spec: OpSpec<Attributes> = {
  name: "square_polynomial",
  reuses: { result: "sum", operand: "square" },
  infer({ matrix, square }) {
    const { shape } = matrix;
    if (
      shape.length < 2 || shape.length > 3 ||
      shape.at(-2) !== shape.at(-1) || square.shape.join() !== shape.join()
    ) {
      throw new ShapeError(
        `Cannot take a polynomial of [${shape}] with the square [${square.shape}]: ` +
          "both must be square matrices of one size, or stacks of them",
      );
    }
    return { sum: { shape, dtype: "f32" } };
  },
  lower({ node, capabilities, inPlace, dispatch }) {
    const { matrix, square } = node.inputs;
    const { sum } = node.outputs;
    const [a, b, c] = node.attributes.coefficients;
    const size = matrix.shape[matrix.shape.length - 1];
    const tensors = inPlace ? [sum, matrix] : [sum, matrix, square];
    let first = 0;
    for (const range of flatRanges(tensors, capabilities, size)) {
      const { width, items, bindings, places } = range;
      const element = vectorElement(width);
      const old = inPlace ? `sum[${places[0]}]` : `square[${places[2]}]`;
      const columns = width === 4
        ? "vec4<u32>(column, column + 1u, column + 2u, column + 3u)"
        : "column";
      const splat = width === 4 ? "vec4<u32>" : "u32";
      dispatch({
        kernel: {
          name: "square_polynomial",
          bindings: [
            { name: "sum", element, access: "write", reads: "old" },
            { name: "matrix", element, access: "read" },
            ...(inPlace
              ? []
              : [{ name: "square", element, access: "read" }] as const),
          ],
          body: linearMain(
            items,
            `
  let first = index * ${width}u + ${first}u;
  let row = first / ${size}u % ${size}u;
  let column = first % ${size}u;
  let identity = select(
    ${element}(0.0), ${element}(${a}), ${columns} == ${splat}(row));
  sum[${places[0]}] = identity + ${b} * matrix[${places[1]}] + ${c} * ${old};`,
          ),
        },
        bindings,
        workgroups: linearWorkgroups(items, capabilities),
      });
      first += items * width;
    }
  },
  flops: (node) => 4 * elementCount(node.inputs.matrix.shape),
};
