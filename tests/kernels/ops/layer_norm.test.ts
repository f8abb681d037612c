import { assertThrows } from "@std/assert";
import { layerNorm } from "../../../kernels/ops/layer_norm.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { columnSum } from "../../reference/column_sum.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { assertClose, runGradients } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { everyVariant, FEW_SHAPES } from "../every_variant.ts";
import { smallBindings } from "../small_bindings.ts";
import { checkNorm, checkReference } from "./norm_case.ts";

// One row, odd rows, whole vectors, and more than a workgroup has invocations.
const SHAPES = FEW_SHAPES
  ? [[1, 4], [3, 263]]
  : [[1, 4], [3, 7], [150, 60], [3, 263], [33, 1028]];

for (const [rows, columns] of SHAPES) {
  Deno.test(`layerNorm of ${rows} rows of ${columns} is right in every variant`, async () => {
    await everyVariant((options) =>
      checkNorm({ kind: "layer", rows, columns, bias: true }, options)
    );
  });
}

Deno.test("layerNorm works without a bias", async () => {
  await checkNorm({ kind: "layer", rows: 37, columns: 20, bias: false });
});

for (const columns of [30, 64]) {
  Deno.test(`layerNorm binds blocks of ${columns}-wide rows`, async () => {
    await checkNorm(
      { kind: "layer", rows: 150, columns, bias: true },
      { capabilities: await smallBindings(16_384) },
    );
  });
}

Deno.test("layerNorm differentiates by the bias alone", async () => {
  const upstream = randomValues("upstream", 12);
  const { gradients } = await runGradients(
    (graph) =>
      weightedSum(
        graph,
        layerNorm(graph, {
          x: graph.input("x", [3, 4]),
          weight: graph.input("weight", [4]),
          bias: graph.parameter("bias", [4]),
        }, { epsilon: 1e-5 }),
        graph.input("upstream", [3, 4]),
      ),
    {
      x: randomValues("x", 12),
      weight: randomValues("weight", 4),
      bias: randomValues("bias", 4),
      upstream,
    },
    ["bias"],
  );
  // Three terms, two roundings.
  assertClose(gradients.bias, columnSum(upstream, 4), 2 ** -22, "bias");
});

Deno.test("the reference of layerNorm is its derivative", () => {
  checkReference({ kind: "layer", rows: 4, columns: 5, bias: true });
});

Deno.test("layerNorm refuses a weight of another length", () => {
  const graph = new Graph();
  const x = graph.input("x", [3, 4]);
  const weight = graph.input("weight", [3]);
  assertThrows(
    () => layerNorm(graph, { x, weight }, { epsilon: 1e-5 }),
    ShapeError,
    "[3]: it must have shape [4]",
  );
});
