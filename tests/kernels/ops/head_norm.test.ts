import { assertEquals, assertThrows } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { headNorm } from "../../../kernels/ops/head_norm.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { checkGradient } from "../../reference/check_gradient.ts";
import {
  headNorm as reference,
  headNormGradient,
} from "../../reference/head_norm.ts";
import {
  assertClose,
  type HarnessOptions,
  runGradients,
  runGraph,
  type TestGraph,
} from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

const EPSILON = 1e-5;

const SHAPES: readonly Shape[] = [
  { rows: 1, columns: 6, heads: 1, kvHeads: 1, headDim: 2 },
  { rows: 13, columns: 71, heads: 5, kvHeads: 1, headDim: 7 },
  { rows: 67, columns: 128, heads: 4, kvHeads: 2, headDim: 16 },
  { rows: 530, columns: 48, heads: 2, kvHeads: 2, headDim: 8 },
];

function caseOf({ rows, columns, heads, kvHeads, headDim }: Shape) {
  return {
    x: randomValues("x", rows * columns),
    columns,
    heads,
    kvHeads,
    queryWeight: randomValues("query", headDim),
    keyWeight: randomValues("key", headDim),
    epsilon: EPSILON,
  };
}

async function check(shape: Shape, options: HarnessOptions = {}) {
  const { rows, columns, heads, kvHeads, headDim } = shape;
  const operands = caseOf(shape);
  const { x, queryWeight, keyWeight } = operands;
  const upstream = randomValues("upstream", rows * columns);
  const inputs = { x, queryWeight, keyWeight };
  const build = (graph: TestGraph, role: "input" | "weight") => {
    const given = graph.variable("x", [rows, columns], role);
    const zero = graph.constant(
      "zero",
      given.shape,
      new Float32Array(rows * columns),
    );
    const normalised = headNorm(graph, {
      x: add(graph, given, zero),
      queryWeight: graph.variable("queryWeight", [headDim], role),
      keyWeight: graph.variable("keyWeight", [headDim], role),
    }, { heads, kvHeads, headDim, epsilon: EPSILON });
    return { normalised, given };
  };
  const { y } = await runGraph(
    (graph) => ({ y: build(graph, "input").normalised }),
    inputs,
    options,
  );
  const across = (8 + headDim) * 2 ** -24;
  assertClose(y, reference(operands), across, "y");
  const expected = headNormGradient(operands, upstream);
  const names = ["x", "queryWeight", "keyWeight"] as const;
  for (const shared of [false, true]) {
    const gradients = () =>
      runGradients(
        (graph) => {
          const { normalised, given } = build(graph, "weight");
          return weightedSum(
            graph,
            // Where others read the upstream gradient, it has to stay.
            shared ? add(graph, normalised, given) : normalised,
            graph.input("upstream", [rows, columns]),
          );
        },
        { ...inputs, upstream },
        [...names],
        options,
      );
    const { gradients: found } = await gradients();
    const down = (8 + rows * heads + headDim) * 2 ** -24;
    const through = shared
      ? expected.x.map((value, i) => value + upstream[i])
      : expected.x;
    assertClose(found.x, through, 4 * across, "gradient by x");
    for (const name of ["queryWeight", "keyWeight"] as const) {
      assertClose(found[name], expected[name], down, `gradient by ${name}`);
    }
    assertEquals((await gradients()).gradients, found);
  }
}

for (const shape of SHAPES) {
  const { rows, heads, kvHeads, headDim } = shape;
  Deno.test(`headNorm of ${rows} rows of ${heads} + ${kvHeads} heads of ${headDim}`, async () => {
    await check(shape);
  });
}

Deno.test("headNorm binds blocks of rows", async () => {
  await check(SHAPES[2], { capabilities: await smallBindings(16_384) });
  await check(
    { rows: 150, columns: 71, heads: 5, kvHeads: 1, headDim: 7 },
    { capabilities: await smallBindings(20_480) },
  );
});

Deno.test("the reference of headNorm is its derivative", () => {
  const shape = { rows: 3, columns: 13, heads: 2, kvHeads: 1, headDim: 4 };
  const operands = caseOf(shape);
  const upstream = randomValues("upstream", operands.x.length);
  const gradient = headNormGradient(operands, upstream);
  for (const name of ["x", "queryWeight", "keyWeight"] as const) {
    checkGradient(
      name,
      (probe) => reference({ ...operands, [name]: probe }),
      operands[name],
      upstream,
      gradient[name],
    );
  }
});

Deno.test("headNorm refuses weights of another width than a head's", () => {
  const graph = new Graph();
  const x = graph.input("x", [3, 12]);
  const queryWeight = graph.input("q", [4]);
  const keyWeight = graph.input("k", [3]);
  assertThrows(
    () =>
      headNorm(graph, { x, queryWeight, keyWeight }, {
        heads: 1,
        kvHeads: 1,
        headDim: 4,
        epsilon: 0,
      }),
    ShapeError,
    "a weight [3]",
  );
});
