import { activationFunctions, type ActivationKind } from "./activation_wgsl.ts";
import { add } from "./add.ts";
import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, LowerContext, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import {
  vectorElement,
  type VectorWidth,
  vectorWidth,
} from "./vector_width.ts";

/**
 * Applies an activation function to every element.
 *
 * @param graph Graph to append to.
 * @param x Tensor of any shape; its storage is reused where it is dead.
 * @param kind Which function.
 * @returns The activations, of the same shape.
 *
 * @example
 * ```ts
 * import {
 *   activation,
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [3], Float32Array.of(-1, 2, 3));
 * const y = activation(graph, x, "relu2");
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [y],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(y)], [0, 4, 9]);
 * gpu.close();
 * ```
 */
export function activation(
  graph: GraphBuilder,
  x: Tensor,
  kind: ActivationKind,
): Tensor {
  return graph.emit(forwardSpec, { x }, { kind }).y;
}

/**
 * Gradient of an activation: the upstream gradient times the derivative.
 *
 * @param graph Graph to append to.
 * @param x What the activation was applied to.
 * @param upstream Gradient by the activations, of the same shape; its storage
 * is reused where it is dead.
 * @param kind Which function.
 * @returns The gradient by `x`.
 * @throws {ShapeError} if the shapes differ.
 */
export function activationGradient(
  graph: GraphBuilder,
  x: Tensor,
  upstream: Tensor,
  kind: ActivationKind,
): Tensor {
  return graph.emit(gradientSpec, { x, upstream }, { kind }).y;
}

interface Attributes {
  readonly kind: ActivationKind;
}

const forwardSpec: OpSpec<Attributes> = {
  name: "activation",
  cheap: true,
  reuses: { result: "y", operand: "x" },
  infer: ({ x }) => ({ y: { shape: x.shape, dtype: "f32" } }),
  gradient({ node, graph, gradientOf, contribute }) {
    const upstream = gradientOf(node.outputs.y);
    if (!upstream) return;
    const { x } = node.inputs;
    contribute(x, (sum) => {
      const gradient = activationGradient(
        graph,
        x,
        upstream,
        node.attributes.kind,
      );
      return sum ? add(graph, sum, gradient) : gradient;
    });
  },
  lower: (context) => lowerElementwise(context, ["x"]),
  flops: (node) => 8 * elementCount(node.inputs.x.shape),
};

const gradientSpec: OpSpec<Attributes> = {
  name: "activation_gradient",
  reuses: { result: "y", operand: "upstream" },
  infer({ x, upstream }) {
    if (x.shape.join() !== upstream.shape.join()) {
      throw new ShapeError(
        `Cannot differentiate an activation of [${x.shape}] with an upstream ` +
          `gradient [${upstream.shape}]: shapes must be equal`,
      );
    }
    return { y: { shape: x.shape, dtype: "f32" } };
  },
  lower: (context) => lowerElementwise(context, ["upstream", "x"]),
  flops: (node) => 14 * elementCount(node.inputs.x.shape),
};

/** Launches with the operands in this order; `y` may take the first's place. */
function lowerElementwise(
  { node, capabilities, inPlace, dispatch }: LowerContext<Attributes>,
  operands: readonly ("x" | "upstream")[],
): void {
  const { y } = node.outputs;
  const count = elementCount(y.shape);
  const width = vectorWidth(count);
  const read = inPlace ? operands.slice(1) : operands;
  for (const block of rowBlocks(count / width, [width], capabilities)) {
    const range = { offset: block.start * width, length: block.rows * width };
    dispatch({
      kernel: operands.length === 1
        ? forwardKernel(node.attributes.kind, block.rows, width, read)
        : gradientKernel(node.attributes.kind, block.rows, width, read),
      bindings: [
        { tensor: y, ...range },
        ...read.map((name) => ({ tensor: node.inputs[name], ...range })),
      ],
      workgroups: linearWorkgroups(block.rows, capabilities),
    });
  }
}

function forwardKernel(
  kind: ActivationKind,
  items: number,
  width: VectorWidth,
  read: readonly string[],
): KernelSource {
  const x = read.includes("x") ? "x" : "y";
  return {
    name: kind,
    ...elementwise(
      kind,
      items,
      width,
      read,
      `y[index] = activate(${x}[index]);`,
    ),
  };
}

function gradientKernel(
  kind: ActivationKind,
  items: number,
  width: VectorWidth,
  read: readonly string[],
): KernelSource {
  const upstream = read.includes("upstream") ? "upstream" : "y";
  return {
    name: `${kind}_gradient`,
    ...elementwise(
      kind,
      items,
      width,
      read,
      `y[index] = ${upstream}[index] * activate_derivative(x[index]);`,
    ),
  };
}

function elementwise(
  kind: ActivationKind,
  items: number,
  width: VectorWidth,
  read: readonly string[],
  statement: string,
): Omit<KernelSource, "name"> {
  const element = vectorElement(width);
  return {
    bindings: [
      { name: "y", element, access: "write", reads: "old" },
      ...read.map((name) => ({ name, element, access: "read" } as const)),
    ],
    body: activationFunctions(kind, element) + linearMain(items, statement),
  };
}
