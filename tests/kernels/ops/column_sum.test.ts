import { assertEquals, assertThrows } from "@std/assert";
import { columnSum } from "../../../kernels/ops/column_sum.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { columnSum as reference } from "../../reference/column_sum.ts";
import { assertClose, runGraph } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

// A sum of n terms is off by at most n · 2^-24 of the sum of their magnitudes.
const tolerance = (rows: number) => Math.max(rows, 4) * 2 ** -24;

for (const [rows, columns] of [[1, 1], [3, 7], [128, 12], [1003, 20]]) {
  Deno.test(`columnSum sums ${rows} rows of ${columns}`, async () => {
    const x = randomValues("x", rows * columns);
    const { sum } = await runGraph(
      (graph) => ({ sum: columnSum(graph, graph.input("x", [rows, columns])) }),
      { x },
    );
    assertClose(sum, reference(x, columns), tolerance(rows), "sum");
  });
}

for (const role of ["input", "gradient"] as const) {
  Deno.test(`columnSum adds to a sum that is ${role} storage`, async () => {
    const [rows, columns] = [301, 5];
    const x = randomValues("x", rows * columns);
    const start = randomValues("into", columns);
    const { sum } = await runGraph((graph) => ({
      sum: columnSum(
        graph,
        graph.input("x", [rows, columns]),
        graph.variable("into", [columns], role),
      ),
    }), { x, into: start });
    const expected = reference(x, columns).map((v, i) => v + start[i]);
    assertClose(sum, expected, tolerance(rows), "sum");
  });
}

Deno.test("columnSum works in blocks of rows, with the same bits each time", async () => {
  const [rows, columns] = [1003, 12];
  const x = randomValues("x", rows * columns);
  const into = randomValues("into", columns);
  const capabilities = await smallBindings(16_384);
  const run = () =>
    runGraph(
      (graph) => ({
        sum: columnSum(
          graph,
          graph.input("x", [rows, columns]),
          graph.input("into", [columns]),
        ),
      }),
      { x, into },
      { capabilities },
    );
  const { sum } = await run();
  const expected = reference(x, columns).map((v, i) => v + into[i]);
  assertClose(sum, expected, tolerance(rows), "sum");
  assertEquals((await run()).sum, sum);
});

Deno.test("columnSum refuses what is no matrix", () => {
  const graph = new Graph();
  assertThrows(
    () => columnSum(graph, graph.input("x", [2, 3, 4])),
    ShapeError,
    "[2,3,4]",
  );
});
