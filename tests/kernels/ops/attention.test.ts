import { assertEquals, assertThrows } from "@std/assert";
import { attention } from "../../../kernels/ops/attention.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { weightedSum } from "../../../kernels/ops/weighted_sum.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import {
  attention as reference,
  type AttentionCase,
  attentionGradient as referenceGradient,
} from "../../reference/attention.ts";
import { checkGradient } from "../../reference/check_gradient.ts";
import {
  assertClose,
  type HarnessOptions,
  runGradients,
  runGraph,
} from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { everyVariant, FEW_SHAPES } from "../every_variant.ts";
import { smallBindings } from "../small_bindings.ts";

function sizes(
  batches: number,
  length: number,
  heads: number,
  kvHeads: number,
  headDim: number,
  window: number = length,
): AttentionCase {
  return { batches, length, heads, kvHeads, headDim, window };
}

const CASES: Readonly<Record<string, AttentionCase>> = {
  "one position": sizes(2, 1, 1, 1, 4),
  "three heads of 20": sizes(2, 37, 3, 3, 20),
  "six heads on two keys": sizes(2, 37, 6, 2, 20),
  "heads of 32": sizes(1, 70, 4, 4, 32),
  "heads of 64": sizes(1, 67, 2, 1, 64),
  "heads of 80": sizes(1, 35, 2, 2, 80),
  "heads of 128": sizes(1, 34, 2, 1, 128),
  "heads of 256": sizes(1, 19, 1, 1, 256),
  "2,048 positions": sizes(1, 2048, 1, 1, 16),
  // 4,096 · 17 turns; Mesa's software driver ends loops after 65,535.
  "more queries of a key than an invocation can loop over": sizes(
    1,
    16,
    4096,
    1,
    4,
  ),
  "heads of 6, no whole vectors": sizes(2, 33, 3, 1, 6),
  "heads of 1": sizes(1, 17, 2, 2, 1),
  "a window of 9": sizes(2, 53, 4, 2, 16, 9),
  "a window of one": sizes(1, 21, 2, 2, 8, 1),
};

function inputsOf(shape: AttentionCase) {
  const { batches, length, heads, kvHeads, headDim } = shape;
  const rows = batches * length;
  return {
    rows,
    qkv: randomValues("qkv", rows * (heads + 2 * kvHeads) * headDim),
    upstream: randomValues("upstream", rows * heads * headDim),
  };
}

async function check(
  shape: AttentionCase,
  options: HarnessOptions = {},
): Promise<void> {
  const { length, heads, kvHeads, headDim, window } = shape;
  const { rows, qkv, upstream } = inputsOf(shape);
  const heading = {
    heads,
    kvHeads,
    headDim,
    sequenceLength: length,
    ...(window < length ? { window } : {}),
  };
  const packed = [rows, (heads + 2 * kvHeads) * headDim];
  const forward = await runGraph(
    (graph) => ({ out: attention(graph, graph.input("qkv", packed), heading) }),
    { qkv },
    options,
  );
  // Scores carry a relative error of about √D·ε, their magnitude is below 10,
  // and a weight's relative error is its score's absolute one; exp2 itself is
  // good to a few units in the last place.
  const tolerance = (10 * Math.sqrt(headDim) + 30) * 2 ** -23;
  assertClose(forward.out, reference(qkv, shape), tolerance, "attention");
  const gradients = () =>
    runGradients(
      (graph) =>
        weightedSum(
          graph,
          attention(graph, graph.parameter("qkv", packed), heading),
          graph.input("upstream", [rows, heads * headDim]),
        ),
      { qkv, upstream },
      ["qkv"],
      options,
    );
  const { gradients: found } = await gradients();
  // Gradients by scores are differences of terms √D as large as the result.
  assertClose(
    found.qkv,
    referenceGradient(qkv, upstream, shape),
    4 * tolerance,
    "gradient",
  );
  assertEquals((await gradients()).gradients, found, "the same bits again");
}

const FEW = [
  "one position",
  "six heads on two keys",
  "heads of 6, no whole vectors",
  "a window of 9",
];

for (const [name, shape] of Object.entries(CASES)) {
  if (FEW_SHAPES && !FEW.includes(name)) continue;
  Deno.test(`attention agrees with its reference for ${name}`, async () => {
    await everyVariant((options) => check(shape, options));
  });
}

for (const name of ["six heads on two keys", "a window of 9"]) {
  Deno.test(`the gradient of attention's reference for ${name} is its derivative`, () => {
    const shape = { ...CASES[name], batches: 1, length: 12, headDim: 3 };
    const { qkv, upstream } = inputsOf(shape);
    checkGradient(
      "qkv",
      (probe) => reference(probe, shape),
      qkv,
      upstream,
      referenceGradient(qkv, upstream, shape),
    );
  });
}

Deno.test("attention binds runs of sequences", async () => {
  const shape = sizes(5, 32, 2, 1, 8);
  // A sequence takes 4,096 bytes of packed rows and 256 of log-sum-exps.
  await check(shape, { capabilities: await smallBindings(8192) });
});

Deno.test("attention of large scores stays finite", async () => {
  const shape = sizes(1, 9, 1, 1, 8);
  const { rows, qkv } = inputsOf(shape);
  const large = qkv.map((value) => value * 1000);
  const { out } = await runGraph((graph) => ({
    out: attention(graph, graph.input("qkv", [rows, 24]), {
      heads: 1,
      kvHeads: 1,
      headDim: 8,
      sequenceLength: 9,
    }),
  }), { qkv: large });
  // Scores of 1e6 leave one key a query, so that the values come out as they
  // are.
  assertClose(out, reference(large, shape), 1e-6, "attention");
});

Deno.test("attention refuses rows that are no whole sequences", () => {
  const graph = new Graph();
  const options = { heads: 2, kvHeads: 1, headDim: 4, sequenceLength: 3 };
  assertThrows(
    () => attention(graph, graph.input("qkv", [7, 16]), options),
    ShapeError,
    "whole sequences of 3",
  );
  assertThrows(
    () =>
      attention(graph, graph.input("qkv", [6, 16]), {
        ...options,
        kvHeads: 3,
      }),
    ShapeError,
    "key heads divide heads",
  );
  assertThrows(
    () =>
      attention(graph, graph.input("qkv", [6, 16]), { ...options, window: 0 }),
    ShapeError,
    "window of 0",
  );
});
