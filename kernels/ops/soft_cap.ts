import { add } from "./add.ts";
import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, LowerContext, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { softCapFunctions } from "./soft_cap_wgsl.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorElement, vectorWidth } from "./vector_width.ts";

/**
 * Bounds values smoothly: cap · tanh(x / cap), as Gemma 2 bounds its logits
 * (arXiv 2408.00118).
 *
 * @param graph Graph to append to.
 * @param x Tensor of any shape; its storage is reused where it is dead.
 * @param cap Bound of the values, above 0.
 * @returns The bounded values, of the same shape.
 * @throws {ShapeError} if the cap is not a number above 0.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 *   softCap,
 * } from "@minnow/minnow";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [2], Float32Array.of(1e9, 15));
 * const y = softCap(graph, x, 30);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [y],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * const [most, half] = await program.read(y);
 * assertAlmostEquals(most, 30, 1e-5);
 * assertAlmostEquals(half, 30 * Math.tanh(0.5), 1e-5);
 * gpu.close();
 * ```
 */
export function softCap(graph: GraphBuilder, x: Tensor, cap: number): Tensor {
  return graph.emit(forwardSpec, { x }, { cap }).y;
}

interface Attributes {
  readonly cap: number;
}

const forwardSpec: OpSpec<Attributes> = {
  name: "soft_cap",
  cheap: true,
  reuses: { result: "y", operand: "x" },
  infer({ x }, { cap }) {
    if (!(cap > 0 && cap < Infinity)) {
      throw new ShapeError(
        `Cannot cap values at ${cap}: it must be a number above 0`,
      );
    }
    return { y: { shape: x.shape, dtype: "f32" } };
  },
  gradient({ node, graph, gradientOf, contribute }) {
    const upstream = gradientOf(node.outputs.y);
    if (!upstream) return;
    contribute(node.inputs.x, (sum) => {
      const { gradient } = graph.emit(
        gradientSpec,
        { upstream, y: node.outputs.y },
        node.attributes,
      );
      return sum ? add(graph, sum, gradient) : gradient;
    });
  },
  lower: (context) => lowerElementwise(context, "y", ["x"]),
  flops: (node) => 8 * elementCount(node.inputs.x.shape),
};

const gradientSpec: OpSpec<Attributes> = {
  name: "soft_cap_gradient",
  reuses: { result: "gradient", operand: "upstream" },
  infer: ({ y }) => ({ gradient: { shape: y.shape, dtype: "f32" } }),
  lower: (context) => lowerElementwise(context, "gradient", ["upstream", "y"]),
  flops: (node) => 4 * elementCount(node.inputs.y.shape),
};

/** Launches with these operands; the result may take the first's place. */
function lowerElementwise(
  { node, capabilities, inPlace, dispatch }: LowerContext<Attributes>,
  result: "y" | "gradient",
  operands: readonly string[],
): void {
  const count = elementCount(node.outputs[result].shape);
  const width = vectorWidth(count);
  const element = vectorElement(width);
  const read = inPlace ? operands.slice(1) : operands;
  const first = inPlace ? result : operands[0];
  const kernel = (items: number): KernelSource => ({
    name: result === "y" ? "soft_cap" : "soft_cap_gradient",
    bindings: [
      { name: result, element, access: "write", reads: "old" },
      ...read.map((name) => ({ name, element, access: "read" } as const)),
    ],
    body: softCapFunctions(node.attributes.cap, element) + linearMain(
      items,
      result === "y"
        ? `y[index] = soft_cap(${first}[index]);`
        : `gradient[index] = ${first}[index] * soft_cap_slope(y[index]);`,
    ),
  });
  for (const block of rowBlocks(count / width, [width], capabilities)) {
    const range = { offset: block.start * width, length: block.rows * width };
    dispatch({
      kernel: kernel(block.rows),
      bindings: [
        { tensor: node.outputs[result], ...range },
        ...read.map((name) => ({ tensor: node.inputs[name], ...range })),
      ],
      workgroups: linearWorkgroups(block.rows, capabilities),
    });
  }
}
