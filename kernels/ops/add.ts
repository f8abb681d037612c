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
        kernel: addKernel(block.rows, width, inPlace),
        bindings: [
          { tensor: sum, ...range },
          { tensor: b, ...range },
          ...(inPlace ? [] : [{ tensor: a, ...range }]),
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
  inPlace: boolean,
): KernelSource {
  const element = width === 4 ? "vec4<f32>" : "f32";
  return {
    name: "add",
    bindings: [
      { name: "sum", element, access: "write" },
      { name: "b", element, access: "read" },
      ...(inPlace ? [] : [{ name: "a", element, access: "read" } as const]),
    ],
    body: linearMain(
      items,
      `sum[index] = ${inPlace ? "sum" : "a"}[index] + b[index];`,
    ),
  };
}
