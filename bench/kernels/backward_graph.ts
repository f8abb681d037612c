import type { Node } from "../../kernels/ops/op_spec.ts";
import { byteLength, type Tensor } from "../../kernels/ops/tensor.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { CaseGraph } from "./case_graph.ts";
import { prepareGraph } from "./prepare_graph.ts";

/**
 * The gradient of a graph's only node as a graph of its own, so that it is
 * timed without the forward pass. The forward pass runs once, and what it
 * leaves behind becomes the operands.
 *
 * @param gpu Device to run the forward pass on.
 * @param forward Graph of one node with a gradient rule.
 * @returns The gradient's nodes.
 */
export async function backwardGraph(
  gpu: Gpu,
  forward: CaseGraph,
): Promise<CaseGraph> {
  const [node] = forward.nodes;
  const outputs = await runOnce(gpu, forward, node);
  const backward = new CaseGraph();
  backward.pass = "backward";
  for (const [tensor, values] of forward.values) {
    backward.values.set(tensor, values);
  }
  const left = new Map(
    outputs.map(({ name, tensor, values }) => [
      name,
      backward.operand(`forward ${name}`, tensor.shape, values),
    ]),
  );
  const [result] = Object.keys(node.outputs);
  const upstream = backward.operand("upstream", node.outputs[result].shape);
  const wants = (operand: Tensor | undefined): operand is Tensor =>
    operand?.dtype === "f32";
  node.op.gradient?.({
    node: { ...node, outputs: Object.fromEntries(left) },
    graph: backward,
    gradientOf: (tensor) => tensor === left.get(result) ? upstream : undefined,
    wants,
    contribute(operand, emit) {
      if (!wants(operand)) return;
      // Parameters have accumulators; what lies between layers has none.
      const sum = operand.role === "weight"
        ? backward.operand(
          `gradient of ${operand.name}`,
          operand.shape,
          new Float32Array(byteLength(operand) / 4),
          "gradient",
        )
        : undefined;
      emit(sum);
    },
  });
  return backward;
}

interface Left {
  readonly name: string;
  readonly tensor: Tensor;
  readonly values: Float32Array;
}

async function runOnce(
  gpu: Gpu,
  graph: CaseGraph,
  node: Node,
): Promise<Left[]> {
  const program = await prepareGraph(gpu, graph);
  try {
    program.submit(["run"]);
    const left: Left[] = [];
    for (const [name, tensor] of Object.entries(node.outputs)) {
      left.push({ name, tensor, values: await program.read(tensor) });
    }
    return left;
  } finally {
    program.destroy();
  }
}
