import { assertEquals, assertThrows } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { rope } from "../../../kernels/ops/rope.ts";
import { ropeTable } from "../../../kernels/ops/rope_table.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { checkGradient } from "../../reference/check_gradient.ts";
import { rope as reference, type RopeCase } from "../../reference/rope.ts";
import {
  assertClose,
  type HarnessOptions,
  runGradients,
  runGraph,
  type TestGraph,
} from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

const ROWS = 26;

const PLAIN: RopeCase = {
  columns: 72,
  heads: 4,
  headDim: 16,
  rotary: 16,
  period: 13,
  offset: 0,
  theta: 10_000,
  interleaved: false,
};

const CASES: Readonly<Record<string, RopeCase>> = {
  "vectors": PLAIN,
  "a head of two": { ...PLAIN, columns: 7, heads: 3, headDim: 2, rotary: 2 },
  "a leading part of odd heads": {
    ...PLAIN,
    columns: 71,
    heads: 3,
    headDim: 21,
    rotary: 6,
  },
  "a leading part, in vectors": { ...PLAIN, headDim: 12, rotary: 8 },
  "neighbours": { ...PLAIN, interleaved: true },
  "odd neighbours": {
    ...PLAIN,
    columns: 66,
    heads: 6,
    headDim: 10,
    rotary: 6,
    interleaved: true,
  },
  "neighbours of a leading part": {
    ...PLAIN,
    rotary: 12,
    interleaved: true,
  },
  "an offset": { ...PLAIN, offset: 17, theta: 500 },
};

async function check(
  shape: RopeCase,
  rows: number,
  options: HarnessOptions = {},
): Promise<void> {
  const { columns, rotary, period, offset, theta } = shape;
  const positions = period + offset;
  const x = randomValues("x", rows * columns);
  const weights = randomValues("weights", rows * columns);
  const table = ropeTable({ positions, rotary, theta });
  const inputs: Record<string, ArrayLike<number>> = {
    x,
    ...(offset > 0 ? { offset: [offset] } : {}),
  };
  const build = (graph: TestGraph, role: "input" | "weight") => {
    const operand = graph.variable("x", [rows, columns], role);
    const zero = graph.constant(
      "zero",
      operand.shape,
      new Float32Array(rows * columns),
    );
    return rope(graph, {
      x: add(graph, operand, zero),
      table: graph.constant("table", [positions, rotary / 2, 2], table),
      ...(offset > 0 ? { offset: graph.input("offset", [1], "u32") } : {}),
    }, shape);
  };
  const { rotated } = await runGraph(
    (graph) => ({
      rotated: build(graph, "input"),
    }),
    inputs,
    options,
  );
  // Two products and a sum, and the rounded table.
  const tolerance = 4 * 2 ** -24;
  assertClose(rotated, reference(x, shape), tolerance, "rotated");
  const gradients = () =>
    runGradients(
      (graph) =>
        weightedSum(
          graph,
          build(graph, "weight"),
          graph.input("weights", [rows, columns]),
        ),
      { ...inputs, weights },
      ["x"],
      options,
    );
  const { gradients: found } = await gradients();
  assertClose(found.x, reference(weights, shape, -1), tolerance, "gradient");
  assertEquals((await gradients()).gradients, found);
}

for (const [name, shape] of Object.entries(CASES)) {
  Deno.test(`rope turns ${name}`, async () => {
    await check(shape, ROWS);
  });

  Deno.test(`the reference of rope for ${name} is its derivative`, () => {
    const upstream = randomValues("upstream", 2 * shape.columns);
    checkGradient(
      "x",
      (probe) => reference(probe, shape),
      randomValues("x", 2 * shape.columns),
      upstream,
      reference(upstream, shape, -1),
    );
  });
}

for (const shape of [PLAIN, CASES["a leading part of odd heads"]]) {
  Deno.test(`rope binds blocks of ${shape.columns}-wide rows`, async () => {
    const capabilities = await smallBindings(20_480);
    await check(shape, 150, { capabilities });
  });
}

Deno.test("rope leaves an upstream gradient that others read", async () => {
  const x = randomValues("x", 8);
  const weights = randomValues("weights", 8);
  const { gradients } = await runGradients(
    (graph) => {
      const parameter = graph.parameter("x", [2, 4]);
      const other = graph.parameter("other", [2, 4]);
      const rotated = rope(graph, {
        x: add(graph, parameter, other),
        table: graph.constant(
          "table",
          [2, 2, 2],
          ropeTable({ positions: 2, rotary: 4, theta: 10 }),
        ),
      }, { heads: 1, headDim: 4, rotary: 4, period: 2 });
      return weightedSum(
        graph,
        add(graph, rotated, other),
        graph.input("weights", [2, 4]),
      );
    },
    { x, other: x, weights },
    ["x", "other"],
  );
  const turned = reference(weights, {
    columns: 4,
    heads: 1,
    headDim: 4,
    rotary: 4,
    period: 2,
    offset: 0,
    theta: 10,
    interleaved: false,
  }, -1);
  assertClose(gradients.x, turned, 4 * 2 ** -24, "x");
  assertClose(
    gradients.other,
    turned.map((v, i) => v + weights[i]),
    4 * 2 ** -24,
    "other",
  );
});

Deno.test("rope gives zeros for a position past the table", async () => {
  const { rotated } = await runGraph((graph) => ({
    rotated: rope(graph, {
      x: add(graph, graph.input("x", [1, 4]), graph.input("y", [1, 4])),
      table: graph.constant(
        "table",
        [3, 2, 2],
        ropeTable({ positions: 3, rotary: 4, theta: 10 }),
      ),
      offset: graph.input("offset", [1], "u32"),
    }, { heads: 1, headDim: 4, rotary: 4, period: 1 }),
  }), { x: [1, 2, 3, 4], y: [1, 1, 1, 1], offset: [3] });
  assertEquals([...rotated].map(Math.abs), [0, 0, 0, 0]);
});

Deno.test("rope refuses a table of too few positions", () => {
  const graph = new Graph();
  const x = graph.input("x", [6, 4]);
  const table = graph.input("table", [2, 2, 2]);
  const options = { heads: 1, headDim: 4, rotary: 4, period: 3 };
  assertThrows(
    () => rope(graph, { x, table }, options),
    ShapeError,
    "table of 2 positions",
  );
});

Deno.test("ropeTable holds cosine and sine of position over wavelength", () => {
  const table = ropeTable({ positions: 3, rotary: 4, theta: 100 });
  const expected = [0, 1, 2].flatMap((p) => [
    Math.cos(p),
    Math.sin(p),
    Math.cos(p / 10),
    Math.sin(p / 10),
  ]);
  assertClose(table, expected, 2 ** -24, "table");
});

Deno.test("ropeTable refuses an odd number of elements", () => {
  assertThrows(
    () => ropeTable({ positions: 3, rotary: 5, theta: 100 }),
    RangeError,
    "Cannot rotate 5 elements",
  );
});
