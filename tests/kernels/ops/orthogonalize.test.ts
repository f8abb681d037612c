import { assertEquals, assertThrows } from "@std/assert";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { orthogonalize } from "../../../kernels/ops/orthogonalize.ts";
import { squarePolynomial } from "../../../kernels/ops/square_polynomial.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { orthogonalized } from "../../reference/orthogonalize.ts";
import { assertClose, type HarnessOptions, runGraph } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

async function onDevice(
  values: ArrayLike<number>,
  shape: readonly number[],
  options: HarnessOptions = {},
): Promise<Float32Array> {
  const { y } = await runGraph(
    (graph) => ({ y: orthogonalize(graph, [graph.parameter("x", shape)]) }),
    { x: values },
    options,
  );
  return y;
}

for (
  const [rows, columns] of [
    [1, 1],
    [1, 37],
    [41, 1],
    [13, 13],
    [17, 59],
    [59, 17],
    [32, 96],
    [97, 31],
    [64, 64],
    [6, 10],
  ]
) {
  Deno.test(`a ${rows} by ${columns} matrix is orthogonalized as in f64`, async () => {
    const values = randomValues(`x ${rows} ${columns}`, rows * columns);
    // The iteration multiplies small singular values, and their rounding
    // errors, by up to 3.4445 a step: 485 in five.
    assertClose(
      await onDevice(values, [rows, columns]),
      orthogonalized(Float32Array.from(values), rows, columns),
      1000 * 2 ** -24,
      "y",
    );
  });
}

for (
  const [rows, columns, bound] of [[24, 40, undefined], [45, 7, undefined], [
    24,
    40,
    8192,
  ]] as const
) {
  Deno.test(`matrices of ${rows} by ${columns} are orthogonalized side by side, ${bound ?? "all"} bytes bound`, async () => {
    const count = rows * columns;
    const values = [1, 1e-3, 0, 1e9].map((scale, index) =>
      randomValues(`x ${index}`, count).map((value) => value * scale)
    );
    const { y } = await runGraph(
      (graph) => ({
        y: orthogonalize(
          graph,
          values.map((_, index) =>
            graph.parameter(`x${index}`, [rows, columns])
          ),
        ),
      }),
      Object.fromEntries(values.map((matrix, index) => [`x${index}`, matrix])),
      bound === undefined ? {} : { capabilities: await smallBindings(bound) },
    );
    for (const [index, matrix] of values.entries()) {
      assertClose(
        y.subarray(index * count, (index + 1) * count),
        orthogonalized(matrix, rows, columns),
        1000 * 2 ** -24,
        `matrix ${index}`,
      );
    }
  });
}

Deno.test("an orthogonalized matrix does not depend on the scale", async () => {
  const values = randomValues("x", 7 * 11);
  for (const scale of [2 ** -12, 2 ** 60]) {
    assertEquals(
      await onDevice(values.map((value) => value * scale), [7, 11]),
      await onDevice(values, [7, 11]),
    );
  }
});

Deno.test("a matrix of zeros stays one", async () => {
  assertEquals(
    await onDevice(new Float32Array(12), [3, 4]),
    new Float32Array(12),
  );
});

Deno.test("orthogonalizing in small bindings", async () => {
  const values = randomValues("x", 40 * 67);
  const capabilities = await smallBindings(4096);
  assertClose(
    await onDevice(values, [40, 67], { capabilities }),
    orthogonalized(Float32Array.from(values), 40, 67),
    1000 * 2 ** -24,
    "y",
  );
});

Deno.test("only matrices are orthogonalized", () => {
  const graph = new Graph();
  assertThrows(
    () => orthogonalize(graph, [graph.input("x", [2, 3, 4])]),
    ShapeError,
    "Cannot orthogonalize [2,3,4]",
  );
  const [a, b] = [graph.input("a", [2, 3]), graph.input("b", [3, 2])];
  assertThrows(
    () => orthogonalize(graph, [a, b]),
    ShapeError,
    "Cannot stack [2,3] and [3,2]",
  );
  assertThrows(
    () => orthogonalize(graph, []),
    ShapeError,
    "Cannot stack no tensors",
  );
});

for (
  const [size, limit] of [[5, undefined], [6, undefined], [64, undefined], [
    48,
    4096,
  ]] as const
) {
  Deno.test(`a polynomial of a matrix of ${size}, ${limit ?? "all"} bytes bound`, async () => {
    const a = randomValues("a", size * size);
    const b = randomValues("b", size * size);
    const { sum } = await runGraph(
      (graph) => ({
        sum: squarePolynomial(graph, {
          matrix: graph.parameter("a", [size, size]),
          square: graph.parameter("b", [size, size]),
        }, [0.5, -2, 3]),
      }),
      { a, b },
      limit === undefined ? {} : { capabilities: await smallBindings(limit) },
    );
    assertClose(
      sum,
      a.map((value, i) =>
        (i % (size + 1) === 0 ? 0.5 : 0) - 2 * value + 3 * b[i]
      ),
      4 * 2 ** -24,
      "sum",
    );
  });
}

Deno.test("a polynomial takes square matrices of one size", () => {
  const graph = new Graph();
  assertThrows(
    () =>
      squarePolynomial(graph, {
        matrix: graph.input("a", [2, 3]),
        square: graph.input("b", [2, 3]),
      }, [1, 1, 1]),
    ShapeError,
    "square matrices of one size",
  );
});
