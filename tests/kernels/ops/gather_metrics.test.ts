import { assertEquals } from "@std/assert";
import { gatherMetrics } from "../../../kernels/ops/gather_metrics.ts";
import { runGraph } from "../harness.ts";

Deno.test("gather_metrics copies parts in order and clears what it is told", async () => {
  const { metrics, kept, cleared } = await runGraph((graph) => {
    const kept = graph.variable("kept", [2], "state");
    const cleared = graph.variable("cleared", [3], "state");
    return {
      metrics: gatherMetrics(graph, [
        { tensor: cleared, clear: true },
        { tensor: kept },
      ]),
      kept,
      cleared,
    };
  }, { kept: [1, 2], cleared: [3, 4, 5] });
  assertEquals([...metrics], [3, 4, 5, 1, 2]);
  assertEquals([...kept], [1, 2]);
  assertEquals([...cleared], [0, 0, 0]);
});
