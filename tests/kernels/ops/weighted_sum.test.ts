import { assertEquals, assertThrows } from "@std/assert";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { assertClose, runGradients } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

const dot = (x: Float64Array, weights: Float64Array) =>
  x.reduce((sum, v, i) => sum + v * weights[i], 0);

const gradientsOf = (
  x: Float64Array,
  weights: Float64Array,
  capabilities?: Awaited<ReturnType<typeof smallBindings>>,
) =>
  runGradients(
    (graph) =>
      weightedSum(
        graph,
        graph.parameter("x", [x.length]),
        graph.parameter("weights", [x.length]),
      ),
    { x, weights },
    ["x", "weights"],
    capabilities ? { capabilities } : {},
  );

for (const count of [1, 37, 1024, 5003]) {
  Deno.test(`weightedSum of ${count} elements and its gradients`, async () => {
    const x = randomValues("x", count);
    const weights = randomValues("weights", count);
    const { loss, gradients } = await gradientsOf(x, weights);
    // Rounding of a sum of n terms, relative to the sum of magnitudes.
    const magnitude = dot(x.map(Math.abs), weights.map(Math.abs));
    assertClose(
      [loss / magnitude, 1],
      [dot(x, weights) / magnitude, 1],
      Math.max(4, Math.sqrt(count)) * 2 ** -24,
      "sum",
    );
    assertClose(gradients.x, weights, 0, "gradient by x");
    assertClose(gradients.weights, x, 0, "gradient by weights");
  });
}

Deno.test("weightedSum works in blocks, with the same bits each time", async () => {
  const x = randomValues("x", 5003);
  const weights = randomValues("weights", 5003);
  const capabilities = await smallBindings(4096);
  const { loss, gradients } = await gradientsOf(x, weights, capabilities);
  const magnitude = dot(x.map(Math.abs), weights.map(Math.abs));
  assertClose(
    [loss / magnitude, 1],
    [dot(x, weights) / magnitude, 1],
    Math.sqrt(5003) * 2 ** -24,
    "sum",
  );
  assertClose(gradients.x, weights, 0, "gradient by x");
  assertEquals((await gradientsOf(x, weights, capabilities)).loss, loss);
});

Deno.test("weightedSum refuses shapes that differ", () => {
  const graph = new Graph();
  assertThrows(
    () => weightedSum(graph, graph.input("x", [2]), graph.input("w", [3])),
    ShapeError,
    "[2] with [3]",
  );
});
