import { assertEquals, assertThrows } from "@std/assert";
import { gatedActivation } from "../../../kernels/ops/gated_activation.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { add } from "../../../kernels/ops/add.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import {
  gatedActivation as reference,
  gatedActivationGradient as referenceGradient,
} from "../../reference/activation.ts";
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

// As for the activation alone, and two more roundings.
const TOLERANCE = 66 * 2 ** -24;

async function check(
  kind: typeof KINDS[number],
  rows: number,
  columns: number,
  options: HarnessOptions = {},
): Promise<void> {
  const gateUp = randomValues("gateUp", rows * 2 * columns);
  const weights = randomValues("weights", rows * columns);
  const { y } = await runGraph(
    (graph) => ({
      y: gatedActivation(graph, graph.input("x", [rows, 2 * columns]), kind),
    }),
    { x: gateUp },
    options,
  );
  assertClose(y, reference(kind, gateUp, columns), TOLERANCE, "y");
  // `inPlace` decides whether the gradient may take the place of its operand:
  // a parameter keeps its own storage, a sum does not.
  for (const inPlace of [false, true]) {
    const gradients = () =>
      runGradients(
        (graph) => {
          const x = graph.parameter("x", [rows, 2 * columns]);
          const zero = graph.constant(
            "zero",
            x.shape,
            new Float32Array(y.length * 2),
          );
          const gateUp = inPlace ? add(graph, x, zero) : x;
          return weightedSum(
            graph,
            gatedActivation(graph, gateUp, kind),
            graph.input("weights", [rows, columns]),
          );
        },
        { x: gateUp, weights },
        ["x"],
        options,
      );
    const { gradients: found } = await gradients();
    const expected = referenceGradient(kind, gateUp, weights, columns);
    assertClose(found.x, expected, TOLERANCE, "gradient");
    assertEquals((await gradients()).gradients, found);
  }
}

for (const kind of KINDS) {
  for (const [rows, columns] of [[1, 1], [7, 5], [33, 12]]) {
    Deno.test(`gatedActivation ${kind} of ${rows} rows of ${columns}`, async () => {
      await check(kind, rows, columns);
    });
  }

  Deno.test(`the reference of gatedActivation ${kind} is its derivative`, () => {
    const gateUp = randomValues("gateUp", 24);
    const upstream = randomValues("upstream", 12);
    checkGradient(
      "gateUp",
      (probe) => reference(kind, probe, 4),
      gateUp,
      upstream,
      referenceGradient(kind, gateUp, upstream, 4),
    );
  });
}

Deno.test("gatedActivation binds blocks of rows", async () => {
  const capabilities = await smallBindings(4096);
  await check("silu", 201, 6, { capabilities });
  await check("silu", 201, 16, { capabilities });
});

Deno.test("gatedActivation refuses an odd number of columns", () => {
  const graph = new Graph();
  assertThrows(
    () => gatedActivation(graph, graph.input("x", [2, 5]), "silu"),
    ShapeError,
    "[2,5]",
  );
});
