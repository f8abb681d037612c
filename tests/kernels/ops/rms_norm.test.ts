import { assertThrows } from "@std/assert";
import { rmsNorm } from "../../../kernels/ops/rms_norm.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { everyVariant, FEW_SHAPES } from "../every_variant.ts";
import { smallBindings } from "../small_bindings.ts";
import { checkNorm, checkReference } from "./norm_case.ts";

// One row, odd rows, whole vectors, and more than a workgroup has invocations.
const SHAPES = FEW_SHAPES
  ? [[1, 4], [3, 263]]
  : [[1, 4], [3, 7], [150, 60], [3, 263], [33, 1028]];

for (const [rows, columns] of SHAPES) {
  Deno.test(`rmsNorm of ${rows} rows of ${columns} is right in every variant`, async () => {
    await everyVariant((options) =>
      checkNorm({ kind: "rms", rows, columns, bias: false }, options)
    );
  });
}

for (const columns of [30, 64]) {
  Deno.test(`rmsNorm binds blocks of ${columns}-wide rows`, async () => {
    await checkNorm(
      { kind: "rms", rows: 150, columns, bias: false },
      { capabilities: await smallBindings(16_384) },
    );
  });
}

Deno.test("the reference of rmsNorm is its derivative", () => {
  checkReference({ kind: "rms", rows: 4, columns: 5, bias: false });
});

Deno.test("rmsNorm refuses an epsilon below zero", () => {
  const graph = new Graph();
  const x = graph.input("x", [3, 4]);
  const weight = graph.input("weight", [4]);
  assertThrows(
    () => rmsNorm(graph, { x, weight }, { epsilon: -1 }),
    ShapeError,
    "epsilon -1",
  );
});
