import { assert, assertEquals } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { Executable } from "../../../kernels/plan/executable.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import { testDevice } from "../harness.ts";

Deno.test("a profiled program tells the launches and the time of each node", async () => {
  const gpu = await testDevice();
  const before = gpu.allocatedBytes;
  const graph = new Graph();
  const x = graph.input("x", [1 << 16]);
  const twice = graph.scope("double", () => add(graph, x, x));
  const sum = graph.scope("triple", () => add(graph, twice, x));
  const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
    keep: [sum],
  });
  const program = await Executable.compile(gpu, plan, { profile: true });
  const timed = gpu.capabilities.features.has("timestamp-query");
  assertEquals(program.profiled, timed);
  for (let run = 0; run < 3; run++) program.submit(["run"]);
  const entries = await program.profile();
  assertEquals(
    entries.map(({ launches }) => launches),
    timed ? [3, 3] : [],
  );
  for (const name of timed ? ["double", "triple"] : []) {
    assert(entries.some(({ label }) => label.includes(name)), name);
  }
  for (const { seconds } of entries) assert(seconds > 0 && seconds < 10);
  program.destroy();
  assertEquals(gpu.allocatedBytes, before);
});
