import { assertEquals } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { matmul } from "../../../kernels/ops/matmul.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { differentiate } from "../../../kernels/plan/differentiate.ts";
import { Executable } from "../../../kernels/plan/executable.ts";
import { freshGradients } from "../../../kernels/plan/fresh_gradients.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import { testDevice } from "../harness.ts";

Deno.test("an accumulator that no launch can start is cleared", async () => {
  const graph = new Graph();
  const w = graph.parameter("w", [3]);
  const gradient = graph.variable("gradient", [3], "gradient");
  const sum = add(graph, w, w);
  const weights = graph.constant("weights", [3], Float32Array.of(1, 2, 3));
  differentiate(
    graph,
    weightedSum(graph, sum, weights),
    new Map([[w, gradient]]),
  );
  const gpu = await testDevice();
  const program = await Executable.compile(
    gpu,
    planProgram(new Map([["run", freshGradients(graph)]]), gpu.capabilities),
  );
  program.write(gradient, Float32Array.of(NaN, 1, 1));
  program.submit(["run"]);
  assertEquals([...await program.read(gradient)], [2, 4, 6]);
  program.destroy();
});

Deno.test("only the first of a parameter's uses replaces its gradient", async () => {
  const graph = new Graph();
  const w = graph.parameter("w", [1, 1]);
  const gradient = graph.variable("gradient", [1, 1], "gradient");
  // w³, whose slope at 2 is 12.
  const square = matmul(graph, { a: w, b: w }, { layout: "nn" });
  const cube = matmul(graph, { a: square, b: w }, { layout: "nn" });
  const one = graph.constant("one", [1, 1], Float32Array.of(1));
  differentiate(
    graph,
    weightedSum(graph, cube, one),
    new Map([[w, gradient]]),
  );
  const gpu = await testDevice();
  const phases = new Map([["first", freshGradients(graph)], ["more", graph]]);
  const program = await Executable.compile(
    gpu,
    planProgram(phases, gpu.capabilities),
  );
  program.write(w, Float32Array.of(2));
  program.write(gradient, Float32Array.of(NaN));
  program.submit(["first"]);
  assertEquals([...await program.read(gradient)], [12]);
  program.submit(["more"]);
  assertEquals([...await program.read(gradient)], [24]);
  program.destroy();
});
