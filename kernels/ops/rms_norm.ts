import type { GraphBuilder } from "./op_spec.ts";
import { norm, type NormInputs, type NormOptions } from "./norm.ts";
import type { Tensor } from "./tensor.ts";

/**
 * RMS norm: every row divided by the root of its mean square, times a weight.
 *
 * @param graph Graph to append to.
 * @param inputs Rows `(N, C)` and weight `(C)`.
 * @param options `epsilon` is added to the mean square.
 * @returns The normalised rows, `(N, C)`.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 *   rmsNorm,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [1, 2], Float32Array.of(3, -3));
 * const weight = graph.constant("weight", [2], Float32Array.of(1, 2));
 * const y = rmsNorm(graph, { x, weight }, { epsilon: 1e-5 });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [y],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(y)].map(Math.round), [1, -2]);
 * gpu.close();
 * ```
 */
export function rmsNorm(
  graph: GraphBuilder,
  { x, weight }: Omit<NormInputs, "bias">,
  options: NormOptions,
): Tensor {
  return norm(graph, "rms", { x, weight }, options);
}
