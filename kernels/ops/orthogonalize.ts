import { matmul } from "./matmul.ts";
import { normalizedStack } from "./normalized_stack.ts";
import type { GraphBuilder } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { squarePolynomial } from "./square_polynomial.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Coefficients of the quintic iteration, chosen for the steepest slope at zero
 * (Jordan et al. 2024, kellerjordan.github.io/posts/muon).
 */
const COEFFICIENTS = [3.4445, -4.775, 2.0315] as const;

/** Iterations. */
const STEPS = 5;

/** Least norm divided by, as in PyTorch's Muon. */
const EPSILON = 1e-7;

/**
 * Of each matrix nearly the nearest one with orthonormal rows or columns: with
 * X = U·S·Vᵀ, about U·Vᵀ, by five Newton–Schulz iterations of
 * X ← a·X + (b·G + c·G²)·X, G = X·Xᵀ, from X over its Frobenius norm (Jordan et al. 2024,
 * kellerjordan.github.io/posts/muon). Singular values end between about 0.7 and
 * 1.2. Of tall matrices Xᵀ·X is taken, so that G has the smaller size. All are
 * worked on side by side: one product of small matrices leaves most of a device
 * idle.
 *
 * @param graph Graph to append to.
 * @param matrices Matrices of one shape, (M, N).
 * @returns A stack of as many, (S, M, N).
 * @throws {ShapeError} if they are no matrices of one shape.
 *
 * @example The rows of the result are about orthonormal
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   matmul,
 *   openDevice,
 *   orthogonalize,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [2, 3], Float32Array.of(9, 0, 1, 5, 2, 0));
 * const y = orthogonalize(graph, [x]);
 * const products = matmul(graph, { a: y, b: y }, { layout: "nt" });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [products],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * const [first, between] = await program.read(products);
 * assertAlmostEquals(first, 1, 0.5);
 * assertAlmostEquals(between, 0, 0.5);
 * gpu.close();
 * ```
 */
export function orthogonalize(
  graph: GraphBuilder,
  matrices: readonly Tensor[],
): Tensor {
  let y = normalizedStack(graph, matrices, EPSILON);
  const [, rows, columns, ...rest] = y.shape;
  if (columns === undefined || rest.length > 0) {
    throw new ShapeError(
      `Cannot orthogonalize [${matrices[0].shape}]: it must be a matrix`,
    );
  }
  const tall = rows > columns;
  for (let step = 0; step < STEPS; step++) {
    const matrix = matmul(graph, { a: y, b: y }, {
      layout: tall ? "tn" : "nt",
    });
    const square = matmul(graph, { a: matrix, b: matrix }, { layout: "nn" });
    const factor = squarePolynomial(graph, { matrix, square }, COEFFICIENTS);
    y = tall
      ? matmul(graph, { a: y, b: factor }, { layout: "nn" })
      : matmul(graph, { a: factor, b: y }, { layout: "nn" });
  }
  return y;
}
