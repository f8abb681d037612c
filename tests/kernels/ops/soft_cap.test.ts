import { assertThrows } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { softCap } from "../../../kernels/ops/soft_cap.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { checkGradient } from "../../reference/check_gradient.ts";
import { assertClose, runGradients, runGraph } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

const CAP = 1.5;
const reference = (x: Float64Array) => x.map((v) => CAP * Math.tanh(v / CAP));
const slopes = (x: Float64Array) => x.map((v) => 1 - Math.tanh(v / CAP) ** 2);

for (const count of [1, 1003, 4096]) {
  Deno.test(`softCap of ${count} values and its gradient`, async () => {
    const x = randomValues("x", count).map((v) => Math.fround(4 * v));
    const weights = randomValues("weights", count);
    const options = { capabilities: await smallBindings(16_384) };
    const { y } = await runGraph(
      (graph) => ({ y: softCap(graph, graph.input("x", [count]), CAP) }),
      { x },
      options,
    );
    assertClose(y, reference(x), 1e-6, "y");
    for (const shared of [false, true]) {
      const { gradients } = await runGradients(
        (graph) => {
          const given = graph.parameter("x", [count]);
          const y = softCap(graph, given, CAP);
          return weightedSum(
            graph,
            shared ? add(graph, y, given) : y,
            graph.input("weights", [count]),
          );
        },
        { x, weights },
        ["x"],
        options,
      );
      const expected = slopes(x).map((slope, i) =>
        (slope + (shared ? 1 : 0)) * weights[i]
      );
      assertClose(gradients.x, expected, 1e-6, "gradient");
    }
  });
}

Deno.test("softCap of huge values is the cap", async () => {
  const { y } = await runGraph(
    (graph) => ({ y: softCap(graph, graph.input("x", [2]), 30) }),
    { x: [3e38, -3e38] },
  );
  assertClose(y, [30, -30], 1e-6, "y");
});

Deno.test("the reference of softCap is its derivative", () => {
  const x = randomValues("x", 9);
  const upstream = randomValues("upstream", 9);
  const gradient = slopes(x).map((slope, i) => slope * upstream[i]);
  checkGradient("x", reference, x, upstream, gradient);
});

Deno.test("softCap refuses a cap of zero", () => {
  const graph = new Graph();
  const x = graph.input("x", [3]);
  assertThrows(() => softCap(graph, x, 0), ShapeError, "above 0");
});
