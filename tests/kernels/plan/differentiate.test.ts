import { assertEquals, assertThrows } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import type { OpSpec } from "../../../kernels/ops/op_spec.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { differentiate } from "../../../kernels/plan/differentiate.ts";
import { Graph } from "../../../kernels/plan/graph.ts";

Deno.test("differentiate emits nothing for what the loss does not need", () => {
  const graph = new Graph();
  const a = graph.parameter("a", [4]);
  const b = graph.parameter("b", [4]);
  add(graph, b, b);
  const loss = weightedSum(graph, add(graph, a, a), graph.input("w", [4]));
  const before = graph.nodes.length;
  const gradients = differentiate(
    graph,
    loss,
    new Map([[a, undefined], [b, undefined]]),
  );
  assertEquals(gradients.has(a), true);
  assertEquals(gradients.has(b), false);
  const backward = graph.nodes.slice(before);
  assertEquals(backward.every(({ pass }) => pass === "backward"), true);
});

Deno.test("differentiate adds to the accumulator of a parameter", () => {
  const graph = new Graph();
  const a = graph.parameter("a", [4]);
  const total = graph.variable("total", [4], "gradient");
  const loss = weightedSum(graph, add(graph, a, a), graph.input("w", [4]));
  const gradient = differentiate(graph, loss, new Map([[a, total]])).get(a);
  let root = gradient;
  while (root?.view) root = root.view.base;
  assertEquals(root, total);
});

Deno.test("differentiate names the op that has no gradient rule", () => {
  const stone: OpSpec<Record<never, never>> = {
    name: "stone",
    infer: ({ x }) => ({ y: { shape: x.shape, dtype: "f32" } }),
    lower: () => {},
    flops: () => 0,
  };
  const graph = new Graph();
  const x = graph.parameter("x", [4]);
  const { y } = graph.scope("h.0", () => graph.emit(stone, { x }, {}));
  const loss = weightedSum(graph, y, graph.input("w", [4]));
  assertThrows(
    () => differentiate(graph, loss, new Map([[x, undefined]])),
    Error,
    'Cannot differentiate through h.0.stone: op "stone" has no gradient rule',
  );
});
