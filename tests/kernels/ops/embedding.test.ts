import { assertEquals, assertThrows } from "@std/assert";
import { embedding } from "../../../kernels/ops/embedding.ts";
import { embeddingGradient } from "../../../kernels/ops/embedding_gradient.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { checkGradient } from "../../reference/check_gradient.ts";
import {
  embedding as reference,
  embeddingGradient as referenceGradient,
} from "../../reference/embedding.ts";
import { assertClose, runGradients, runGraph } from "../harness.ts";
import type { HarnessOptions } from "../harness.ts";
import { randomIntegers, randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

interface Case {
  readonly positions: number;
  readonly vocabulary: number;
  readonly columns: number;
  readonly tokens: Uint32Array;
}

function example(
  positions: number,
  vocabulary: number,
  columns: number,
): Case {
  const tokens = randomIntegers("tokens", positions, vocabulary);
  return { positions, vocabulary, columns, tokens };
}

async function run(
  { positions, vocabulary, columns, tokens }: Case,
  options: HarnessOptions = {},
) {
  const table = randomValues("table", vocabulary * columns);
  const weights = randomValues("weights", positions * columns);
  const inputs = { tokens, table, weights };
  const { rows } = await runGraph(
    (graph) => ({
      rows: embedding(graph, {
        tokens: graph.input("tokens", [positions], "u32"),
        table: graph.input("table", [vocabulary, columns]),
      }),
    }),
    { tokens, table },
    options,
  );
  const { gradients } = await runGradients(
    (graph) => {
      const rows = embedding(graph, {
        tokens: graph.input("tokens", [positions], "u32"),
        table: graph.parameter("table", [vocabulary, columns]),
      });
      return weightedSum(graph, rows, graph.input("weights", rows.shape));
    },
    inputs,
    ["table"],
    options,
  );
  return { rows, gradient: gradients.table, table, weights };
}

function check(
  { positions, vocabulary, columns, tokens }: Case,
  { rows, gradient, table, weights }: Awaited<ReturnType<typeof run>>,
): void {
  assertClose(rows, reference(tokens, table, columns), 0, "rows");
  // At most `positions` terms in a sum.
  assertClose(
    gradient,
    referenceGradient(tokens, weights, vocabulary, columns),
    Math.max(4, positions) * 2 ** -24,
    "gradient by the table",
  );
}

for (
  const [positions, vocabulary, columns] of [
    [1, 1, 1],
    [7, 3, 5],
    [130, 17, 12],
    [64, 1000, 33],
    [257, 2, 8],
  ]
) {
  Deno.test(`embedding of ${positions} tokens of ${vocabulary}, ${columns} wide`, async () => {
    const shape = example(positions, vocabulary, columns);
    check(shape, await run(shape));
  });
}

Deno.test("the reference of embedding is its derivative", () => {
  const { tokens, vocabulary, columns, positions } = example(9, 5, 3);
  const upstream = randomValues("upstream", positions * columns);
  checkGradient(
    "table",
    (table) => reference(tokens, table, columns),
    randomValues("table", vocabulary * columns),
    upstream,
    referenceGradient(tokens, upstream, vocabulary, columns),
  );
});

for (const columns of [5, 12]) {
  Deno.test(`embedding binds blocks of ${columns}-wide rows, with the same bits each time`, async () => {
    const shape = example(301, 500, columns);
    const options = { capabilities: await smallBindings(4096) };
    const first = await run(shape, options);
    check(shape, first);
    assertEquals((await run(shape, options)).gradient, first.gradient);
  });
}

Deno.test("embedding tells apart tokens that are equal modulo 2048", async () => {
  const tokens = Uint32Array.from(
    { length: 300 },
    (_, i) => (i * 7 % 5) * 2048 + (i % 97 === 0 ? 1 : 0),
  );
  const shape = { positions: 300, vocabulary: 8194, columns: 2, tokens };
  check(shape, await run(shape));
});

Deno.test("embedding gives zeros and no gradient for an id past the table", async () => {
  const tokens = Uint32Array.of(4, 5, 4_294_967_295, 0);
  const shape = { positions: 4, vocabulary: 5, columns: 4, tokens };
  const result = await run(shape);
  check(shape, result);
  assertEquals([...result.rows.subarray(4, 12)], Array(8).fill(0));
});

Deno.test("embeddingGradient leaves a sum that is no accumulator as it was", async () => {
  const { tokens, vocabulary, columns, positions } = example(40, 9, 6);
  const upstream = randomValues("upstream", positions * columns);
  const start = randomValues("start", vocabulary * columns);
  const { zero, added, kept } = await runGraph((graph) => {
    const operands = {
      tokens: graph.input("tokens", [positions], "u32"),
      upstream: graph.input("upstream", [positions, columns]),
      vocabulary,
    };
    const into = graph.input("start", [vocabulary, columns]);
    return {
      zero: embeddingGradient(graph, operands),
      added: embeddingGradient(graph, { ...operands, into }),
      kept: into,
    };
  }, { tokens, upstream, start });
  const expected = referenceGradient(tokens, upstream, vocabulary, columns);
  assertClose(zero, expected, 40 * 2 ** -24, "from zero");
  assertClose(
    added,
    expected.map((v, i) => v + start[i]),
    40 * 2 ** -24,
    "from a sum",
  );
  assertClose(kept, start, 0, "the sum before");
});

Deno.test("embedding refuses ids that are not u32", () => {
  const graph = new Graph();
  const tokens = graph.input("tokens", [3]);
  const table = graph.input("table", [4, 5]);
  assertThrows(
    () => embedding(graph, { tokens, table }),
    ShapeError,
    "f32 [3]",
  );
});
