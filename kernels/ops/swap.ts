import { flatRanges } from "./flat_ranges.ts";
import { linearMain, linearWorkgroups } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import type { Tensor } from "./tensor.ts";
import { vectorElement } from "./vector_width.ts";

/**
 * Exchanges the contents of two tensors, bit by bit and without a third.
 *
 * @param graph Graph to append to.
 * @param a A persistent f32 tensor.
 * @param b Another of the same shape.
 * @throws {ShapeError} if the shapes differ.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 *   swap,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const a = graph.variable("a", [2], "state");
 * const b = graph.variable("b", [2], "state");
 * swap(graph, a, b);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities);
 * const program = await Executable.compile(gpu, plan);
 * program.write(a, Float32Array.of(1, 2));
 * program.write(b, Float32Array.of(3, 4));
 * program.submit(["run"]);
 * assertEquals([...await program.read(a)], [3, 4]);
 * assertEquals([...await program.read(b)], [1, 2]);
 * gpu.close();
 * ```
 */
export function swap(graph: GraphBuilder, a: Tensor, b: Tensor): void {
  graph.emit(spec, { a, b }, {});
}

const spec: OpSpec<Record<never, never>> = {
  name: "swap",
  infer({ a, b }) {
    if (a.shape.join() !== b.shape.join()) {
      throw new ShapeError(
        `Cannot swap [${a.shape}] and [${b.shape}]: shapes must be equal`,
      );
    }
    return {
      a: { shape: a.shape, dtype: "f32", overwrites: "a" },
      b: { shape: b.shape, dtype: "f32", overwrites: "b" },
    };
  },
  lower({ node, capabilities, dispatch }) {
    const { a, b } = node.outputs;
    const ranges = flatRanges([a, b], capabilities);
    for (const { width, items, bindings, places } of ranges) {
      const [atA, atB] = places;
      const element = vectorElement(width);
      dispatch({
        kernel: {
          name: "swap",
          bindings: [
            { name: "a", element, access: "write", reads: "old" },
            { name: "b", element, access: "write", reads: "old" },
          ],
          body: linearMain(
            items,
            `
  let old_a = a[${atA}];
  let old_b = b[${atB}];
  a[${atA}] = old_b;
  b[${atB}] = old_a;`,
          ),
        },
        bindings,
        workgroups: linearWorkgroups(items, capabilities),
      });
    }
  },
  flops: () => 0,
};
