import { flatRanges } from "./flat_ranges.ts";
import { linearMain, linearWorkgroups } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import type { Tensor } from "./tensor.ts";
import { vectorElement } from "./vector_width.ts";

/**
 * Fills a tensor with zeros.
 *
 * @param graph Graph to append to.
 * @param x A persistent f32 tensor.
 *
 * @example
 * ```ts
 * import {
 *   clear,
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.variable("x", [2], "state");
 * clear(graph, x);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities);
 * const program = await Executable.compile(gpu, plan);
 * program.write(x, Float32Array.of(1, 2));
 * program.submit(["run"]);
 * assertEquals([...await program.read(x)], [0, 0]);
 * gpu.close();
 * ```
 */
export function clear(graph: GraphBuilder, x: Tensor): void {
  graph.emit(spec, { x }, {});
}

const spec: OpSpec<Record<never, never>> = {
  name: "clear",
  infer: ({ x: { shape } }) => ({
    x: { shape, dtype: "f32", overwrites: "x" },
  }),
  lower({ node, capabilities, dispatch }) {
    const ranges = flatRanges([node.outputs.x], capabilities);
    for (const { width, items, bindings, places: [at] } of ranges) {
      const element = vectorElement(width);
      dispatch({
        kernel: {
          name: "clear",
          bindings: [{ name: "x", element, access: "write" }],
          body: linearMain(items, `x[${at}] = ${element}(0.0);`),
        },
        bindings,
        workgroups: linearWorkgroups(items, capabilities),
      });
    }
  },
  flops: () => 0,
};
