import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups } from "./launch.ts";
import { numbered } from "./numbered.ts";
import type { GraphBuilder, OpSpec, ResultType } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";

/** A small tensor that the host wants to read. */
export interface MetricPart {
  /** What to copy, f32 of any shape. */
  readonly tensor: Tensor;
  /**
   * Whether to set it to zero once copied, so that it sums up anew.
   *
   * @default {false}
   */
  readonly clear?: boolean;
}

/**
 * Gathers small tensors into one, so that a step's numbers come back in a
 * single read.
 *
 * @param graph Graph to append to.
 * @param parts What to copy, in order.
 * @returns All elements one after the other, `(n)`.
 * @throws {ShapeError} if there is no part, or one does not hold f32.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   gatherMetrics,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const loss = graph.variable("loss", [1], "state");
 * const norm = graph.constant("norm", [2], Float32Array.of(5, 0));
 * const metrics = gatherMetrics(graph, [
 *   { tensor: loss, clear: true },
 *   { tensor: norm },
 * ]);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [metrics],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.write(loss, Float32Array.of(3));
 * program.submit(["run"]);
 * assertEquals([...await program.read(metrics)], [3, 5, 0]);
 * assertEquals([...await program.read(loss)], [0]);
 * gpu.close();
 * ```
 */
export function gatherMetrics(
  graph: GraphBuilder,
  parts: readonly MetricPart[],
): Tensor {
  const inputs = numbered("part", parts.map(({ tensor }) => tensor));
  const cleared = parts.flatMap(({ clear }, index) => clear ? [index] : []);
  return graph.emit(spec, inputs, { parts: parts.length, cleared }).metrics;
}

interface Attributes {
  readonly parts: number;
  /** Numbers of the parts that are set to zero. */
  readonly cleared: readonly number[];
}

const spec: OpSpec<Attributes> = {
  name: "gather_metrics",
  infer(inputs, { parts, cleared }) {
    if (parts === 0) throw new ShapeError("Cannot gather metrics of no tensor");
    const results: Record<string, ResultType> = {};
    let elements = 0;
    for (let index = 0; index < parts; index++) {
      const { shape, dtype } = inputs[`part${index}`];
      if (dtype !== "f32") {
        throw new ShapeError(
          `Cannot gather part ${index} of type ${dtype}: metrics are f32`,
        );
      }
      elements += elementCount(shape);
      if (cleared.includes(index)) {
        results[`cleared${index}`] = {
          shape,
          dtype,
          overwrites: `part${index}`,
        };
      }
    }
    return { metrics: { shape: [elements], dtype: "f32" }, ...results };
  },
  lower({ node, capabilities, dispatch }) {
    const { metrics } = node.outputs;
    let start = 0;
    for (let index = 0; index < node.attributes.parts; index++) {
      const cleared = node.outputs[`cleared${index}`];
      const tensor = cleared ?? node.inputs[`part${index}`];
      const count = elementCount(tensor.shape);
      dispatch({
        kernel: copyKernel(start, count, cleared !== undefined),
        bindings: [{ tensor: metrics }, { tensor }],
        workgroups: linearWorkgroups(count, capabilities),
      });
      start += count;
    }
  },
  flops: () => 0,
};

function copyKernel(
  start: number,
  count: number,
  clear: boolean,
): KernelSource {
  return {
    name: clear ? "gather_metric_and_clear" : "gather_metric",
    bindings: [
      { name: "metrics", element: "f32", access: "write" },
      { name: "part", element: "f32", access: clear ? "write" : "read" },
    ],
    body: linearMain(
      count,
      `metrics[${start}u + index] = part[index];
  ${clear ? "part[index] = 0.0;" : ""}`,
    ),
  };
}
