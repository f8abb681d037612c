import { assertEquals, assertThrows } from "@std/assert";
import { add } from "../../../kernels/ops/add.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { scaledSum } from "../../../kernels/ops/scaled_sum.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { checkGradient } from "../../reference/check_gradient.ts";
import {
  scaledSum as reference,
  type ScaledSumCase,
  scaledSumGradient,
} from "../../reference/scaled_sum.ts";
import {
  assertClose,
  type HarnessOptions,
  runGradients,
  runGraph,
  type TestGraph,
} from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

const ULP = 2 ** -24;

interface Shape {
  readonly rows: number;
  readonly pitch: number;
  readonly columns: number;
  readonly column: number;
  /** Whether the first summand has a factor. */
  readonly scaled: boolean;
}

const whole = (rows: number, pitch: number, scaled = true): Shape => ({
  rows,
  pitch,
  columns: pitch,
  column: 0,
  scaled,
});

const some = (
  rows: number,
  pitch: number,
  column: number,
  columns: number,
): Shape => ({ rows, pitch, column, columns, scaled: false });

function valuesOf({ rows, pitch, columns, scaled }: Shape): ScaledSumCase {
  return {
    a: randomValues("a", rows * pitch),
    b: randomValues("b", rows * columns),
    scaleA: scaled ? randomValues("scale a", 1) : Float64Array.of(1),
    scaleB: randomValues("scale b", 1),
  };
}

const largest = (values: Float64Array) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The operands' absolute values: what rounding errors are relative to. */
function magnitudes({ a, b, scaleA, scaleB }: ScaledSumCase): ScaledSumCase {
  const absolute = (values: Float64Array) => values.map(Math.abs);
  return {
    a: absolute(a),
    b: absolute(b),
    scaleA: absolute(scaleA),
    scaleB: absolute(scaleB),
  };
}

async function check(shape: Shape, options: HarnessOptions = {}) {
  const { rows, pitch, columns, column, scaled } = shape;
  const values = valuesOf(shape);
  const { scaleA, ...rest } = values;
  const given = scaled ? { ...values } : rest;
  const names = scaled
    ? ["a", "b", "scaleA", "scaleB"] as const
    : ["a", "b", "scaleB"] as const;
  const upstream = randomValues("upstream", rows * pitch);
  const build = (graph: TestGraph, role: "input" | "weight", dead: boolean) => {
    const a = graph.variable("a", [rows, pitch], role);
    const zero = graph.constant("0", a.shape, new Float32Array(rows * pitch));
    const first = dead ? add(graph, a, zero) : a;
    const y = scaledSum(graph, {
      a: first,
      ...(scaled ? { scaleA: graph.variable("scaleA", [1], role) } : {}),
      b: graph.variable("b", [rows, columns], role),
      scaleB: graph.variable("scaleB", [1], role),
    }, { column });
    return { y, first };
  };
  const expected = reference(values, shape);
  const largestTerm = largest(reference(magnitudes(values), shape));
  for (const dead of [false, true]) {
    const { y } = await runGraph(
      (graph) => ({ y: build(graph, "input", dead).y }),
      given,
      options,
    );
    // Two products and a sum.
    const relative = 2 * ULP * largestTerm / largest(expected);
    assertClose(y, expected, relative, "y");
  }
  const expectedGradients = scaledSumGradient(values, shape, upstream);
  const terms = scaledSumGradient(
    magnitudes(values),
    shape,
    upstream.map(Math.abs),
  );
  // Additions in a row: in a part, over parts, and within a workgroup.
  const elements = rows * pitch;
  const additions = 64 + elements / 4096 + 4096 / 64 + 8;
  for (const shared of [false, true]) {
    const gradients = () =>
      runGradients(
        (graph) => {
          const { y, first } = build(graph, "weight", true);
          return weightedSum(
            graph,
            // Where others read the first summand too, gradients add up.
            shared ? add(graph, y, first) : y,
            graph.input("upstream", [rows, pitch]),
          );
        },
        { ...given, upstream },
        [...names],
        options,
      );
    const { gradients: found } = await gradients();
    const byA = shared
      ? expectedGradients.a.map((value, i) => value + upstream[i])
      : expectedGradients.a;
    const relative = 2 * ULP * (1 + Math.abs(scaleA[0])) *
      largest(upstream) / largest(byA);
    assertClose(found.a, byA, relative, "gradient by a");
    assertClose(found.b, expectedGradients.b, ULP, "gradient by b");
    for (const name of names) {
      if (name !== "scaleA" && name !== "scaleB") continue;
      const [expected] = expectedGradients[name];
      const rounding = additions * ULP * terms[name][0] / Math.abs(expected);
      assertClose(found[name], [expected], rounding, `gradient by ${name}`);
    }
    assertEquals((await gradients()).gradients, found);
  }
}

const SHAPES: readonly Shape[] = [
  whole(1, 1),
  whole(37, 7),
  whole(37, 7, false),
  whole(130, 64),
  whole(600, 512),
  some(1, 3, 2, 1),
  some(37, 21, 5, 7),
  some(130, 96, 64, 32),
  some(130, 96, 62, 30),
];

for (const shape of SHAPES) {
  const { rows, pitch, columns, column, scaled } = shape;
  const title = `${columns} columns from ${column} on in ${rows} rows of ` +
    `${pitch}${scaled ? ", both scaled" : ""}`;
  Deno.test(`scaledSum of ${title}, and its gradients`, async () => {
    await check(shape);
  });
}

Deno.test("scaledSum binds blocks of rows", async () => {
  const capabilities = await smallBindings(16_384);
  await check(whole(150, 71), { capabilities });
  await check(some(130, 96, 64, 32), { capabilities });
  await check(some(530, 20, 5, 7), { capabilities });
});

Deno.test("the reference of scaledSum is its derivative", () => {
  const shape = some(3, 5, 1, 2);
  const values = { ...valuesOf(shape), scaleA: Float64Array.of(0.7) };
  const upstream = randomValues("upstream", 15);
  const gradient = scaledSumGradient(values, shape, upstream);
  for (const name of ["a", "b", "scaleA", "scaleB"] as const) {
    checkGradient(
      name,
      (probe) => reference({ ...values, [name]: probe }, shape),
      values[name],
      upstream,
      gradient[name],
    );
  }
});

Deno.test("scaledSum adds a matrix to itself", async () => {
  const { y } = await runGraph((graph) => {
    const a = graph.input("a", [1, 2]);
    const scaleA = graph.input("scaleA", [1]);
    const scaleB = graph.input("scaleB", [1]);
    return { y: scaledSum(graph, { a, scaleA, b: a, scaleB }) };
  }, { a: [1, 3], scaleA: [2], scaleB: [5] });
  assertEquals([...y], [7, 21]);
});

Deno.test("scaledSum refuses operands that do not fit together", () => {
  const graph = new Graph();
  const a = graph.input("a", [2, 5]);
  const b = graph.input("b", [2, 3]);
  const one = graph.input("one", [1]);
  const refuse = (emit: () => unknown, message: string) =>
    assertThrows(emit, ShapeError, message);
  refuse(
    () => scaledSum(graph, { a, b, scaleB: one }, { column: 3 }),
    "[2,3] to [2,5] from column 3 on",
  );
  refuse(
    () => scaledSum(graph, { a, b: graph.input("c", [3, 5]), scaleB: one }),
    "rows must be as many",
  );
  refuse(
    () => scaledSum(graph, { a, scaleA: one, b, scaleB: one }),
    "both must have one shape",
  );
  refuse(
    () => scaledSum(graph, { a, b, scaleB: graph.input("two", [2]) }),
    "by [2]: it must be one number",
  );
});
