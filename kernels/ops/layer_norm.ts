import type { GraphBuilder } from "./op_spec.ts";
import { norm, type NormInputs, type NormOptions } from "./norm.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Layer norm: every row minus its mean, divided by its standard deviation,
 * times a weight, plus a bias. The deviation is the population's.
 *
 * @param graph Graph to append to.
 * @param inputs Rows `(N, C)`, weight `(C)` and perhaps bias `(C)`.
 * @param options `epsilon` is added to the variance.
 * @returns The normalised rows, `(N, C)`.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   layerNorm,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [1, 2], Float32Array.of(1, 3));
 * const weight = graph.constant("weight", [2], Float32Array.of(1, 5));
 * const bias = graph.constant("bias", [2], Float32Array.of(0, 1));
 * const y = layerNorm(graph, { x, weight, bias }, { epsilon: 1e-5 });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [y],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(y)].map(Math.round), [-1, 6]);
 * gpu.close();
 * ```
 */
export function layerNorm(
  graph: GraphBuilder,
  inputs: NormInputs,
  options: NormOptions,
): Tensor {
  return norm(graph, "layer", inputs, options);
}
