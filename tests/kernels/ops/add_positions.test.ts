import { assertEquals, assertThrows } from "@std/assert";
import { addPositions } from "../../../kernels/ops/add_positions.ts";
import { addPositionsGradient } from "../../../kernels/ops/add_positions_gradient.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import {
  addPositions as reference,
  addPositionsGradient as referenceGradient,
} from "../../reference/add_positions.ts";
import { checkGradient } from "../../reference/check_gradient.ts";
import { assertClose, runGradients, runGraph } from "../harness.ts";
import type { HarnessOptions } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly period: number;
  readonly positions: number;
  /** Given to the op only where set. */
  readonly start?: number;
}

async function run(
  { rows, columns, period, positions, start }: Case,
  options: HarnessOptions = {},
) {
  const x = randomValues("x", rows * columns);
  const table = randomValues("table", positions * columns);
  const weights = randomValues("weights", rows * columns);
  const offset: Record<string, number[]> = start === undefined
    ? {}
    : { offset: [start] };
  const { sum } = await runGraph(
    (graph) => ({
      sum: addPositions(graph, {
        x: graph.input("x", [rows, columns]),
        table: graph.input("table", [positions, columns]),
        ...(start === undefined
          ? {}
          : { offset: graph.input("offset", [1], "u32") }),
      }, { period }),
    }),
    { x, table, ...offset },
    options,
  );
  const { gradients } = await runGradients(
    (graph) => {
      const sum = addPositions(graph, {
        x: graph.parameter("x", [rows, columns]),
        table: graph.parameter("table", [positions, columns]),
        ...(start === undefined
          ? {}
          : { offset: graph.input("offset", [1], "u32") }),
      }, { period });
      return weightedSum(graph, sum, graph.input("weights", sum.shape));
    },
    { x, table, weights, ...offset },
    ["x", "table"],
    options,
  );
  return { sum, gradients, x, table, weights };
}

function check(
  { rows, columns, period, positions, start }: Case,
  { sum, gradients, x, table, weights }: Awaited<ReturnType<typeof run>>,
): void {
  const shape = { columns, period, offset: start ?? 0 };
  // One addition rounds once.
  assertClose(sum, reference(x, table, shape), 2 ** -24, "sum");
  assertClose(gradients.x, weights, 0, "gradient by x");
  const sequences = Math.ceil(rows / period);
  assertClose(
    gradients.table,
    referenceGradient(weights, positions, shape),
    sequences * 2 ** -24,
    "gradient by the table",
  );
}

const CASES: readonly Case[] = [
  { rows: 1, columns: 1, period: 1, positions: 1 },
  { rows: 12, columns: 5, period: 4, positions: 7 },
  { rows: 37 * 3, columns: 20, period: 37, positions: 37 },
  { rows: 3, columns: 8, period: 16, positions: 16 },
  { rows: 12, columns: 4, period: 3, positions: 9, start: 6 },
  { rows: 12, columns: 3, period: 6, positions: 9, start: 7 },
];

for (const shape of CASES) {
  Deno.test(`addPositions with ${JSON.stringify(shape)}`, async () => {
    check(shape, await run(shape));
  });
}

Deno.test("the reference of addPositions is its derivative", () => {
  const shape = { columns: 3, period: 4, offset: 2 };
  const x = randomValues("x", 36);
  const upstream = randomValues("upstream", 36);
  checkGradient(
    "table",
    (table) => reference(x, table, shape),
    randomValues("table", 15),
    upstream,
    referenceGradient(upstream, 5, shape),
  );
});

for (const start of [undefined, 5]) {
  Deno.test(`addPositions binds blocks of rows with offset ${start}`, async () => {
    const shape = {
      rows: 450,
      columns: 12,
      period: 150,
      positions: 200,
      ...(start === undefined ? {} : { start }),
    };
    const options = { capabilities: await smallBindings(4096) };
    const first = await run(shape, options);
    check(shape, first);
    assertEquals((await run(shape, options)).gradients, first.gradients);
  });
}

Deno.test("addPositionsGradient leaves a sum that is no accumulator as it was", async () => {
  const shape = { columns: 6, period: 5, offset: 0 };
  const upstream = randomValues("upstream", 60);
  const start = randomValues("start", 42);
  const options = { period: 5, positions: 7 };
  const { zero, added, kept } = await runGraph((graph) => {
    const upstream = graph.input("upstream", [10, 6]);
    const into = graph.input("start", [7, 6]);
    return {
      zero: addPositionsGradient(graph, { upstream }, options),
      added: addPositionsGradient(graph, { upstream, into }, options),
      kept: into,
    };
  }, { upstream, start });
  const expected = referenceGradient(upstream, 7, shape);
  assertClose(zero, expected, 2 ** -23, "from zero");
  assertClose(
    added,
    expected.map((v, i) => v + start[i]),
    2 ** -23,
    "from a sum",
  );
  assertClose(kept, start, 0, "the sum before");
});

Deno.test("addPositions refuses sequences longer than the table", () => {
  const graph = new Graph();
  const x = graph.input("x", [10, 4]);
  const table = graph.input("table", [4, 4]);
  assertThrows(
    () => addPositions(graph, { x, table }, { period: 5 }),
    ShapeError,
    "length 5",
  );
});
