import { assertEquals, assertThrows } from "@std/assert";
import {
  activation,
  activationGradient,
} from "../../../kernels/ops/activation.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { activate, activateDerivative } from "../../reference/activation.ts";
import { checkGradient } from "../../reference/check_gradient.ts";
import {
  assertClose,
  type HarnessOptions,
  runGradients,
  runGraph,
} from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

const KINDS = ["gelu_tanh", "silu", "relu2"] as const;

// `exp` is within 3 + 2·|x| units in the last place (WGSL's bound); the
// arguments of values of order 4 stay below 16.
const TOLERANCE = 64 * 2 ** -24;

async function check(
  kind: typeof KINDS[number],
  count: number,
  options: HarnessOptions = {},
): Promise<void> {
  const x = randomValues("x", count).map((v) => Math.fround(2 * v));
  const weights = randomValues("weights", count);
  const { y } = await runGraph(
    (graph) => ({
      y: activation(graph, graph.input("x", [count]), kind),
    }),
    { x },
    options,
  );
  assertClose(y, x.map((v) => activate(kind, v)), TOLERANCE, "y");
  const gradients = () =>
    runGradients(
      (graph) =>
        weightedSum(
          graph,
          activation(graph, graph.parameter("x", [count]), kind),
          graph.input("weights", [count]),
        ),
      { x, weights },
      ["x"],
      options,
    );
  const { gradients: found } = await gradients();
  const expected = weights.map((w, i) => w * activateDerivative(kind, x[i]));
  assertClose(found.x, expected, TOLERANCE, "gradient");
  assertEquals((await gradients()).gradients, found);
}

for (const kind of KINDS) {
  for (const count of [1, 63, 1000]) {
    Deno.test(`activation ${kind} of ${count} elements`, async () => {
      await check(kind, count);
    });
  }

  Deno.test(`activation ${kind} binds blocks`, async () => {
    await check(kind, 1501, { capabilities: await smallBindings(2048) });
  });

  Deno.test(`activation ${kind} is finite and right for large arguments`, async () => {
    const x = [-1e30, -1000, -100, -20, -0, 0, 20, 100, 1000, 1e15];
    const { y, slope } = await runGraph((graph) => {
      const x = graph.input("x", [10]);
      const ones = graph.constant("ones", [10], new Float32Array(10).fill(1));
      return {
        y: activation(graph, x, kind),
        slope: activationGradient(graph, x, ones, kind),
      };
    }, { x });
    for (let i = 0; i < x.length; i++) {
      // Left of −80 the true value is 0 in f32; what is left of the clamped
      // sigmoid is below 1e-4 even at −1e30.
      const scale = Math.max(1, Math.abs(activate(kind, x[i]) || 0));
      const expected = x[i] < -700 ? 0 : activate(kind, x[i]);
      assertClose([y[i] / scale, 1], [expected / scale, 1], 1e-4, `y(${x[i]})`);
      const rise = x[i] < -700 ? 0 : activateDerivative(kind, x[i]);
      const scaleRise = Math.max(1, Math.abs(rise));
      assertClose(
        [slope[i] / scaleRise, 1],
        [rise / scaleRise, 1],
        1e-6,
        `slope(${x[i]})`,
      );
    }
  });

  Deno.test(`the reference of activation ${kind} is its derivative`, () => {
    const x = Float64Array.of(-4, -1.5, -0.3, 0.2, 1, 3.5);
    const upstream = randomValues("upstream", x.length);
    checkGradient(
      "x",
      (probe) => probe.map((v) => activate(kind, v)),
      x,
      upstream,
      x.map((v, i) => upstream[i] * activateDerivative(kind, v)),
    );
  });
}

Deno.test("activationGradient refuses shapes that differ", () => {
  const graph = new Graph();
  const x = graph.input("x", [4]);
  const upstream = graph.input("upstream", [5]);
  assertThrows(
    () => activationGradient(graph, x, upstream, "silu"),
    ShapeError,
    "[4] with an upstream gradient [5]",
  );
});
