import { clear } from "../ops/clear.ts";
import type { Node } from "../ops/op_spec.ts";
import { storageOf, type Tensor } from "../ops/tensor.ts";
import { Graph } from "./graph.ts";

/**
 * Rewrites a differentiated graph so that gradients start anew: what adds to an
 * accumulator first replaces what it held. That saves clearing accumulators and
 * reading them; it is the first of the micro-batches whose gradients sum up.
 *
 * @param graph Graph with forward and backward pass; it is not changed.
 * @returns A graph with the same operations and results.
 *
 * @example Two micro-batches of a step
 * ```ts
 * import {
 *   differentiate,
 *   Executable,
 *   freshGradients,
 *   Graph,
 *   matmul,
 *   openDevice,
 *   planProgram,
 *   weightedSum,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [1, 1], Float32Array.of(3));
 * const w = graph.parameter("w", [1, 1]);
 * const gradient = graph.variable("w.gradient", [1, 1], "gradient");
 * const y = matmul(graph, { a: x, b: w }, { layout: "nn" });
 * const ones = graph.constant("ones", [1, 1], Float32Array.of(1));
 * const loss = weightedSum(graph, y, ones);
 * differentiate(graph, loss, new Map([[w, gradient]]));
 *
 * const gpu = await openDevice();
 * const phases = new Map([["first", freshGradients(graph)], ["more", graph]]);
 * const program = await Executable.compile(
 *   gpu,
 *   planProgram(phases, gpu.capabilities),
 * );
 * program.write(gradient, Float32Array.of(100));
 * program.submit(["first", "more"]);
 * assertEquals([...await program.read(gradient)], [6]);
 * gpu.close();
 * ```
 */
export function freshGradients(graph: Graph): Graph {
  const result = new Graph();
  for (const [tensor, values] of graph.constants) {
    result.constants.set(tensor, values);
  }
  const started = new Map<Tensor, Set<number>>();
  for (const node of graph.nodes) {
    const accumulator = starts(node, started);
    if (accumulator && node.op.reuses?.optional) {
      result.nodes.push(replacing(node));
      continue;
    }
    if (accumulator) {
      result.pass = node.pass;
      result.scope(node.label, () => clear(result, accumulator));
    }
    result.nodes.push(node);
  }
  return result;
}

/** The accumulator that a node is the first to add to; its place is noted. */
function starts(
  { op: { reuses }, inputs, outputs }: Node,
  started: Map<Tensor, Set<number>>,
): Tensor | undefined {
  const accumulator = reuses && inputs[reuses.operand];
  if (!accumulator || !outputs[reuses.result]?.view) return undefined;
  const { root, offset } = storageOf(accumulator);
  if (root.role !== "gradient") return undefined;
  const places = started.get(root) ?? new Set();
  started.set(root, places);
  if (places.has(offset)) return undefined;
  places.add(offset);
  return accumulator;
}

/** The node without the sum so far; its result lies where that was. */
function replacing(node: Node): Node {
  const sum = node.op.reuses?.operand;
  const inputs = Object.fromEntries(
    Object.entries(node.inputs).filter(([name]) => name !== sum),
  );
  return { ...node, inputs };
}
