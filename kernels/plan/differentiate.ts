import type { GradientContext, Node } from "../ops/op_spec.ts";
import { storageOf, type Tensor } from "../ops/tensor.ts";
import type { Graph } from "./graph.ts";

/**
 * Appends the backward pass to a graph: for every node between the loss and a
 * wanted tensor, in reverse order, the gradient rule of its op emits the nodes
 * that compute the gradients by its operands.
 *
 * @param graph Graph whose forward pass is complete.
 * @param loss Result to differentiate, of one element.
 * @param wrt Tensors to differentiate by. A parameter with an accumulator gets
 * its gradient *added* there, so several runs sum up; one without gets a tensor.
 * @returns The tensor that holds the gradient of each wanted tensor which the
 * loss depends on.
 * @throws {Error} if an op on the way has no gradient rule.
 *
 * @example The gradient of a product
 * ```ts
 * import { differentiate, Graph, matmul, weightedSum } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.input("x", [2, 3]);
 * const w = graph.parameter("w", [4, 3]);
 * const y = matmul(graph, { a: x, b: w }, { layout: "nt" });
 * const loss = weightedSum(graph, y, graph.input("weights", [2, 4]));
 * const gradients = differentiate(graph, loss, new Map([[w, undefined]]));
 * assertEquals(gradients.get(w)?.shape, [4, 3]);
 * ```
 */
export function differentiate(
  graph: Graph,
  loss: Tensor,
  wrt: ReadonlyMap<Tensor, Tensor | undefined>,
): Map<Tensor, Tensor> {
  const forward = [...graph.nodes];
  const wanted = dependents(forward, wrt.keys());
  const gradients = new Map<Tensor, Tensor>();
  gradients.set(loss, graph.constant("seed", [1], new Float32Array([1])));
  const outer = graph.pass;
  graph.pass = "backward";
  for (const node of forward.reverse()) {
    const reached = Object.values(node.outputs).some((t) => gradients.has(t));
    const needed = Object.values(node.inputs).some((t) => wanted.has(t));
    if (!reached || !needed) continue;
    if (!node.op.gradient) {
      throw new Error(
        `Cannot differentiate through ${node.label}: op "${node.op.name}" has no gradient rule`,
      );
    }
    node.op.gradient(contextOf(graph, node, wanted, gradients, wrt));
  }
  graph.pass = outer;
  const found = new Map<Tensor, Tensor>();
  for (const tensor of wrt.keys()) {
    const gradient = gradients.get(tensor);
    if (gradient) found.set(tensor, gradient);
  }
  return found;
}

/** The given tensors and everything computed from them. */
function dependents(
  nodes: readonly Node[],
  sources: Iterable<Tensor>,
): ReadonlySet<Tensor> {
  const reached = new Set(sources);
  for (const node of nodes) {
    if (!Object.values(node.inputs).some((t) => reached.has(t))) continue;
    for (const output of Object.values(node.outputs)) reached.add(output);
  }
  return reached;
}

function contextOf(
  graph: Graph,
  node: Node,
  wanted: ReadonlySet<Tensor>,
  gradients: Map<Tensor, Tensor>,
  wrt: ReadonlyMap<Tensor, Tensor | undefined>,
): GradientContext<unknown> {
  const wants = (operand: Tensor | undefined): operand is Tensor =>
    operand !== undefined && wanted.has(operand);
  // Backward nodes carry the label and the block of the node they belong to,
  // so that a profile adds up by layer.
  const builder: GradientContext<unknown>["graph"] = {
    emit: (op, inputs, attributes) => {
      const given: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(inputs)) {
        if (tensor) given[name] = tensor;
      }
      const path = node.label.split(".").slice(0, -1);
      return graph.append(op, given, attributes, {
        label: [...path, op.name].join("."),
        block: node.block,
        pass: "backward",
      });
    },
  };
  return {
    node,
    graph: builder,
    gradientOf: (result) => gradients.get(result),
    wants,
    contribute(operand, emit) {
      if (!wants(operand)) return;
      const accumulator = wrt.get(operand);
      const total = emit(gradients.get(operand) ?? accumulator);
      if (
        accumulator && storageOf(total).root !== storageOf(accumulator).root
      ) {
        throw new Error(
          `The gradient rule of "${node.op.name}" at ${node.label} did not add to the ` +
            `accumulator of "${operand.name}"`,
        );
      }
      gradients.set(operand, total);
    },
  };
}
