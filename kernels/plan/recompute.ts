import type { Node, Operands } from "../ops/op_spec.ts";
import { isPersistent, type Tensor } from "../ops/tensor.ts";
import { Graph } from "./graph.ts";

/** Which activations are dropped after the forward pass and replayed. */
export interface RecomputePolicy {
  /** Replay results of cheap ops: activation functions, norms. */
  readonly elementwise: boolean;
  /**
   * Keep only the input of this many blocks, counted from the first, and
   * replay the rest of them (activation checkpointing, Chen et al. 2016,
   * arXiv 1604.06174).
   */
  readonly blocks: number;
}

/** Keeps everything. */
export const KEEP_ALL: RecomputePolicy = { elementwise: false, blocks: 0 };

/**
 * Rewrites a differentiated graph so that activations chosen by the policy are
 * computed a second time just before the backward pass needs them, instead of
 * being kept. The replayed nodes are the same kernels on the same operands, so
 * the gradients have the same bits.
 *
 * @param graph Graph with forward and backward pass; it is not changed.
 * @param policy What to replay.
 * @returns A graph with the same results.
 *
 * @example
 * ```ts
 * import {
 *   activation,
 *   DEFAULT_CAPABILITIES,
 *   differentiate,
 *   Graph,
 *   KEEP_ALL,
 *   matmul,
 *   planProgram,
 *   recompute,
 *   weightedSum,
 * } from "@minnow/minnow";
 * import { assert } from "@std/assert";
 *
 * const graph = new Graph();
 * const w = graph.parameter("w", [64, 64]);
 * let h = graph.input("x", [256, 64]);
 * for (let layer = 0; layer < 8; layer++) {
 *   h = graph.block(layer, () => {
 *     const a = activation(graph, h, "silu");
 *     return matmul(graph, { a, b: w }, { layout: "nn" });
 *   });
 * }
 * const loss = weightedSum(graph, h, graph.input("weights", [256, 64]));
 * const sum = graph.variable("w.gradient", [64, 64], "gradient");
 * differentiate(graph, loss, new Map([[w, sum]]));
 *
 * const activations = (replayed: Graph): number =>
 *   planProgram(new Map([["step", replayed]]), DEFAULT_CAPABILITIES, {
 *     keep: [loss],
 *   }).bytes.activations;
 * const kept = activations(recompute(graph, KEEP_ALL));
 * assert(activations(recompute(graph, { elementwise: true, blocks: 0 })) < kept);
 * assert(activations(recompute(graph, { elementwise: false, blocks: 8 })) < kept);
 * ```
 */
export function recompute(graph: Graph, policy: RecomputePolicy): Graph {
  const producer = new Map<Tensor, Node>();
  for (const node of graph.nodes) {
    if (node.pass !== "forward") continue;
    for (const output of Object.values(node.outputs)) {
      producer.set(output, node);
    }
  }
  const boundary = boundaries(graph.nodes, producer);
  const replayed = (tensor: Tensor): boolean => {
    const node = producer.get(tensor);
    if (!node || node.block === undefined || boundary.has(tensor)) return false;
    if (isPersistent(tensor)) return false;
    return node.block < policy.blocks ||
      (policy.elementwise && node.op.cheap === true);
  };

  const result = new Graph();
  for (const [tensor, values] of graph.constants) {
    result.constants.set(tensor, values);
  }
  const copies = new Map<Tensor, Tensor>();
  const replay = (tensor: Tensor): Tensor => {
    const done = copies.get(tensor);
    if (done) return done;
    const node = producer.get(tensor);
    if (!node) return tensor;
    const inputs: Record<string, Tensor> = {};
    const overwritten = overwrittenOperands(node);
    for (const [name, input] of Object.entries(node.inputs)) {
      // An operand that the node overwrote no longer holds what it held.
      inputs[name] = overwritten.has(name) || replayed(input)
        ? replay(input)
        : input;
    }
    const outputs = result.append(node.op, inputs, node.attributes, {
      label: node.label,
      block: node.block,
      pass: "backward",
    });
    for (const [name, original] of Object.entries(node.outputs)) {
      copies.set(original, outputs[name]);
    }
    return copies.get(tensor) ?? tensor;
  };

  for (const node of graph.nodes) {
    if (node.pass === "forward") {
      result.nodes.push(node);
      continue;
    }
    const inputs: Record<string, Tensor> = {};
    let changed = false;
    for (const [name, input] of Object.entries(node.inputs)) {
      inputs[name] = replayed(input) ? replay(input) : input;
      changed ||= inputs[name] !== input;
    }
    result.nodes.push(changed ? { ...node, inputs } : node);
  }
  return result;
}

/** Results of a block that are read outside of it in the forward pass. */
function boundaries(
  nodes: readonly Node[],
  producer: ReadonlyMap<Tensor, Node>,
): ReadonlySet<Tensor> {
  const boundary = new Set<Tensor>();
  for (const node of nodes) {
    if (node.pass !== "forward") continue;
    for (const input of Object.values(node.inputs)) {
      const from = producer.get(input);
      if (from && from.block !== node.block) boundary.add(input);
    }
  }
  return boundary;
}

function overwrittenOperands(node: Node): ReadonlySet<string> {
  const bases = new Set(
    Object.values(node.outputs).map((output) => output.view?.base),
  );
  const names = Object.entries(node.inputs as Operands)
    .filter(([, input]) => bases.has(input))
    .map(([name]) => name);
  return new Set(names);
}
