import { activationFunctions, type ActivationKind } from "./activation_wgsl.ts";
import { add } from "./add.ts";
import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import {
  vectorElement,
  type VectorWidth,
  vectorWidth,
} from "./vector_width.ts";

/**
 * A gated linear unit: the activation of the left half of each row times the
 * right half. With `silu` this is SwiGLU.
 *
 * @param graph Graph to append to.
 * @param gateUp Rows of gate and up projection side by side `(N, 2F)`.
 * @param kind Which activation the gate goes through.
 * @returns `activate(gate) · up`, `(N, F)`.
 * @throws {ShapeError} if `gateUp` is no matrix of an even number of columns.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   gatedActivation,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const gateUp = graph.constant("gate, up", [1, 2], Float32Array.of(2, 5));
 * const y = gatedActivation(graph, gateUp, "relu2");
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [y],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(y)], [20]);
 * gpu.close();
 * ```
 */
export function gatedActivation(
  graph: GraphBuilder,
  gateUp: Tensor,
  kind: ActivationKind,
): Tensor {
  return graph.emit(forwardSpec, { gateUp }, { kind }).y;
}

interface Attributes {
  readonly kind: ActivationKind;
}

const forwardSpec: OpSpec<Attributes> = {
  name: "gated_activation",
  cheap: true,
  infer({ gateUp: { shape } }) {
    if (shape.length !== 2 || shape[1] % 2 !== 0) {
      throw new ShapeError(
        `Cannot gate [${shape}]: it must be a matrix of gate and up columns, ` +
          `as many of each`,
      );
    }
    return { y: { shape: [shape[0], shape[1] / 2], dtype: "f32" } };
  },
  gradient({ node, graph, gradientOf, contribute }) {
    const upstream = gradientOf(node.outputs.y);
    if (!upstream) return;
    const { gateUp } = node.inputs;
    contribute(gateUp, (sum) => {
      const { gradient } = graph.emit(
        gradientSpec,
        { gateUp, upstream },
        node.attributes,
      );
      return sum ? add(graph, sum, gradient) : gradient;
    });
  },
  lower({ node, capabilities, dispatch }) {
    const { gateUp } = node.inputs;
    const { y } = node.outputs;
    const [rows, columns] = y.shape;
    const width = vectorWidth(columns);
    const items = columns / width;
    for (
      const block of rowBlocks(rows, [columns, 2 * columns], capabilities)
    ) {
      dispatch({
        kernel: forwardKernel(node.attributes.kind, block.rows, items, width),
        bindings: [
          {
            tensor: y,
            offset: block.start * columns,
            length: block.rows * columns,
          },
          {
            tensor: gateUp,
            offset: block.start * 2 * columns,
            length: block.rows * 2 * columns,
          },
        ],
        workgroups: linearWorkgroups(block.rows * items, capabilities),
      });
    }
  },
  flops: (node) => 9 * elementCount(node.outputs.y.shape),
};

const gradientSpec: OpSpec<Attributes> = {
  name: "gated_activation_gradient",
  reuses: { result: "gradient", operand: "gateUp" },
  infer: ({ gateUp }) => ({
    gradient: { shape: gateUp.shape, dtype: "f32" },
  }),
  lower({ node, capabilities, inPlace, dispatch }) {
    const { gateUp, upstream } = node.inputs;
    const { gradient } = node.outputs;
    const [rows, columns] = upstream.shape;
    const width = vectorWidth(columns);
    const items = columns / width;
    for (
      const block of rowBlocks(rows, [columns, 2 * columns], capabilities)
    ) {
      const pair = {
        offset: block.start * 2 * columns,
        length: block.rows * 2 * columns,
      };
      dispatch({
        kernel: gradientKernel(
          node.attributes.kind,
          block.rows,
          items,
          width,
          inPlace,
        ),
        bindings: [
          { tensor: gradient, ...pair },
          {
            tensor: upstream,
            offset: block.start * columns,
            length: block.rows * columns,
          },
          ...(inPlace ? [] : [{ tensor: gateUp, ...pair }]),
        ],
        workgroups: linearWorkgroups(block.rows * items, capabilities),
      });
    }
  },
  flops: (node) => 24 * elementCount(node.inputs.upstream.shape),
};

/** One invocation makes one item of the result. */
function forwardKernel(
  kind: ActivationKind,
  rows: number,
  items: number,
  width: VectorWidth,
): KernelSource {
  const element = vectorElement(width);
  return {
    name: `gated_${kind}`,
    bindings: [
      { name: "y", element, access: "write" },
      { name: "gate_up", element, access: "read" },
    ],
    body: activationFunctions(kind, element) + linearMain(
      rows * items,
      `
  let gate = index / ${items}u * ${2 * items}u + index % ${items}u;
  y[index] = activate(gate_up[gate]) * gate_up[gate + ${items}u];`,
    ),
  };
}

/** One invocation makes one item of the gate's gradient and one of the up's. */
function gradientKernel(
  kind: ActivationKind,
  rows: number,
  items: number,
  width: VectorWidth,
  inPlace: boolean,
): KernelSource {
  const element = vectorElement(width);
  const source = inPlace ? "gradient" : "gate_up";
  return {
    name: `gated_${kind}_gradient`,
    bindings: [
      { name: "gradient", element, access: "write", reads: "old" },
      { name: "upstream", element, access: "read" },
      ...(inPlace
        ? []
        : [{ name: "gate_up", element, access: "read" } as const]),
    ],
    body: activationFunctions(kind, element) + linearMain(
      rows * items,
      `
  let gate = index / ${items}u * ${2 * items}u + index % ${items}u;
  let x = ${source}[gate];
  let up = ${source}[gate + ${items}u];
  let dy = upstream[index];
  gradient[gate] = dy * up * activate_derivative(x);
  gradient[gate + ${items}u] = dy * activate(x);`,
    ),
  };
}
