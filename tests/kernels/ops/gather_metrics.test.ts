import { assertEquals, assertThrows } from "@std/assert";
import { gatherMetrics } from "../../../kernels/ops/gather_metrics.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { runGraph } from "../harness.ts";

Deno.test("gatherMetrics copies in order and clears what it is asked to", async () => {
  const read = await runGraph((graph) => {
    const loss = graph.variable("loss", [1], "state");
    const norm = graph.variable("norm", [2], "state");
    const table = graph.variable("table", [2, 50], "state");
    const metrics = gatherMetrics(graph, [
      { tensor: loss, clear: true },
      { tensor: norm },
      { tensor: table, clear: true },
    ]);
    return { metrics, loss, norm, table };
  }, {
    loss: [3.5],
    norm: [0.25, 2],
    table: Array.from({ length: 100 }, (_, i) => i),
  });
  assertEquals([...read.metrics], [
    3.5,
    0.25,
    2,
    ...Array.from({ length: 100 }, (_, i) => i),
  ]);
  assertEquals([...read.loss], [0]);
  assertEquals([...read.norm], [0.25, 2]);
  assertEquals([...read.table], new Array(100).fill(0));
});

Deno.test("gatherMetrics refuses integers and nothing at all", () => {
  const graph = new Graph();
  const tensor = graph.input("count", [1], "u32");
  assertThrows(() => gatherMetrics(graph, [{ tensor }]), ShapeError, "u32");
  assertThrows(() => gatherMetrics(graph, []), ShapeError, "no tensor");
});
