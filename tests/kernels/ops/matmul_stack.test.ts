import { assert, assertThrows } from "@std/assert";
import { matmul } from "../../../kernels/ops/matmul.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import {
  type Layout,
  matmulGradientReference,
  matmulReference,
} from "../../reference/matmul.ts";
import { everyVariant, FEW_SHAPES } from "../every_variant.ts";
import {
  assertClose,
  type HarnessOptions,
  runGradients,
  runGraph,
  testDevice,
} from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

/** Sizes of a stack: matrices, and M, N and K of each product. */
interface Stack {
  readonly layout: Layout;
  readonly matrices: number;
  readonly size: readonly [number, number, number];
}

/** As for single products: √depth roundings, and room for an unlucky one. */
const tolerance = (depth: number) => 16 * Math.sqrt(depth + 4) * 2 ** -24;

function shapesOf({ layout, matrices, size: [rows, columns, depth] }: Stack) {
  return {
    a: [matrices, ...(layout === "tn" ? [depth, rows] : [rows, depth])],
    b: [matrices, ...(layout === "nt" ? [columns, depth] : [depth, columns])],
    c: [matrices, rows, columns],
  };
}

function valuesOf({ matrices, size: [rows, columns, depth] }: Stack) {
  return {
    a: randomValues("a", matrices * rows * depth),
    b: randomValues("b", matrices * depth * columns),
    addend: randomValues("addend", matrices * rows * columns),
  };
}

/** What belongs to each matrix of a stack. */
function* each(
  { layout, matrices, size: [rows, columns, depth] }: Stack,
  { a, b, addend }: ReturnType<typeof valuesOf>,
) {
  const part = (values: Float64Array, index: number) => {
    const length = values.length / matrices;
    return values.slice(index * length, (index + 1) * length);
  };
  for (let index = 0; index < matrices; index++) {
    yield {
      product: { layout, rows, columns, depth },
      operands: {
        a: part(a, index),
        b: part(b, index),
        addend: part(addend, index),
      },
    };
  }
}

async function check(
  stack: Stack,
  options: HarnessOptions = {},
): Promise<Float32Array> {
  const values = valuesOf(stack);
  const shapes = shapesOf(stack);
  const { c } = await runGraph(
    (graph) => ({
      c: matmul(graph, {
        a: graph.parameter("a", shapes.a),
        b: graph.parameter("b", shapes.b),
        addend: graph.parameter("addend", shapes.c),
      }, { layout: stack.layout }),
    }),
    values,
    options,
  );
  assertClose(
    c,
    [...each(stack, values)].flatMap(({ product, operands }) => [
      ...matmulReference(product, operands),
    ]),
    tolerance(stack.size[2]),
    `${stack.layout} ${stack.size} x${stack.matrices}`,
  );
  return c;
}

for (const layout of ["nn", "nt", "tn"] as const) {
  Deno.test(`matmul ${layout} multiplies stacks of matrices of any size`, async () => {
    for (
      const [matrices, size] of [
        [1, [5, 3, 7]],
        [3, [1, 1, 1]],
        [7, [13, 5, 11]],
        [5, [32, 64, 16]],
        [2, [68, 36, 52]],
        [4, [3, 20, 516]],
      ] as const
    ) {
      await check({ layout, matrices, size });
    }
  });

  for (const software of [true, false]) {
    const kind = software ? "software" : "hardware";
    Deno.test(`matmul ${layout} of stacks is right in variants for ${kind} adapters`, async () => {
      const capabilities = { ...(await testDevice()).capabilities, software };
      const sizes = [[12, 20, 260], [5, 7, 263]] as const;
      const few = FEW_SHAPES ? sizes.slice(0, 1) : sizes;
      const seen = new Set<string>();
      for (const [first, size] of few.entries()) {
        const tried = await everyVariant(
          (options) => check({ layout, matrices: 3, size }, options),
          { capabilities, first: 3 * first, step: 6 },
        );
        for (const name of tried) seen.add(name);
      }
      assert(seen.size >= 4, `only ${[...seen]} were tried`);
    });
  }

  Deno.test(`matmul ${layout} cuts stacks where the adapter binds little at once`, async () => {
    const options = { capabilities: await smallBindings(4096) };
    await check({ layout, matrices: 7, size: [12, 16, 20] }, options);
    await check({ layout, matrices: 2, size: [40, 28, 36] }, options);
  });

  Deno.test(`matmul ${layout} gives the gradients of stacks`, async () => {
    const stack: Stack = { layout, matrices: 3, size: [9, 6, 17] };
    const shapes = shapesOf(stack);
    const values = valuesOf(stack);
    const weights = randomValues("weights", values.addend.length);
    const { gradients } = await runGradients(
      (graph) =>
        weightedSum(
          graph,
          matmul(graph, {
            a: graph.parameter("a", shapes.a),
            b: graph.parameter("b", shapes.b),
          }, { layout }),
          graph.input("weights", shapes.c),
        ),
      { a: values.a, b: values.b, weights },
      ["a", "b"],
    );
    const expected = [...each(stack, { ...values, addend: weights })].map(
      ({ product, operands: { a, b, addend } }) =>
        matmulGradientReference(product, { a, b }, addend),
    );
    for (const name of ["a", "b"] as const) {
      assertClose(
        gradients[name],
        expected.flatMap((gradient) => [...gradient[name]]),
        tolerance(17),
        name,
      );
    }
  });
}

Deno.test("matmul refuses stacks that do not fit together", () => {
  const graph = new Graph();
  const a = graph.input("a", [2, 3, 4]);
  const refuse = (operands: Parameters<typeof matmul>[1]) =>
    assertThrows(
      () => matmul(graph, operands, { layout: "nt" }),
      ShapeError,
    );
  refuse({ a, b: graph.input("b", [3, 3, 4]) });
  refuse({ a, b: graph.input("b", [3, 4]) });
  refuse({ a, b: a, bias: graph.input("bias", [3]) });
  refuse({ a, b: a, addend: graph.input("addend", [3, 3]) });
});
