import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";

/**
 * Sum of two tensors of the same shape.
 *
 * @param graph Graph to append to.
 * @param a First operand, any shape; its storage is reused where it is dead.
 * @param b Second operand, the same shape.
 * @returns `a + b`.
 * @throws {ShapeError} if the shapes differ.
 *
 * @example
 * ```ts
 * import {
 *   add,
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const a = graph.constant("a", [2], Float32Array.of(1, 2));
 * const b = graph.constant("b", [2], Float32Array.of(10, 20));
 * const sum = add(graph, a, b);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [sum],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(sum)], [11, 22]);
 * gpu.close();
 * ```
 */
export function add(graph: GraphBuilder, a: Tensor, b: Tensor): Tensor {
  return graph.emit(spec, { a, b }, {}).sum;
}

const spec: OpSpec<Record<never, never>> = {
  name: "add",
  cheap: true,
  reuses: { result: "sum", operand: "a" },
  infer({ a, b }) {
    if (a.shape.join() !== b.shape.join()) {
      throw new ShapeError(
        `Cannot add [${a.shape}] and [${b.shape}]: shapes must be equal`,
      );
    }
    return { sum: { shape: a.shape, dtype: "f32" } };
  },
  gradient({ node, graph, gradientOf, contribute }) {
    const upstream = gradientOf(node.outputs.sum);
    if (!upstream) return;
    for (const operand of [node.inputs.a, node.inputs.b]) {
      contribute(
        operand,
        (sum) => sum ? add(graph, sum, upstream) : upstream,
      );
    }
  },
  lower({ node, capabilities, inPlace, dispatch }) {
    const { a, b } = node.inputs;
    const { sum } = node.outputs;
    const width = elementCount(sum.shape) % 4 === 0 ? 4 : 1;
    const first = inPlace ? "sum" : "a";
    for (
      const block of rowBlocks(
        elementCount(sum.shape) / width,
        [width],
        capabilities,
      )
    ) {
      const range = {
        offset: block.start * width,
        length: block.rows * width,
      };
      dispatch({
        kernel: addKernel(block.rows, width, first),
        bindings: [
          { tensor: sum, ...range },
          { tensor: b, ...range },
          ...(first === "a" ? [{ tensor: a, ...range }] : []),
        ],
        workgroups: linearWorkgroups(block.rows, capabilities),
      });
    }
  },
  flops: (node) => elementCount(node.outputs.sum.shape),
};

function addKernel(
  items: number,
  width: 1 | 4,
  first: "sum" | "a",
): KernelSource {
  const element = width === 4 ? "vec4<f32>" : "f32";
  return {
    name: "add",
    bindings: [
      { name: "sum", element, access: "write", reads: "old" },
      { name: "b", element, access: "read" },
      ...(first === "a"
        ? [{ name: "a", element, access: "read" } as const]
        : []),
    ],
    body: linearMain(
      items,
      `sum[index] = ${first}[index] + b[index];`,
    ),
  };
}
