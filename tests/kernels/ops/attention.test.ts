import { assertEquals, assertThrows } from "@std/assert";
import { attention } from "../../../kernels/ops/attention.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import type { Tensor } from "../../../kernels/ops/tensor.ts";
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
  testDevice,
  type TestGraph,
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
  "a window of 9, heads of 40": sizes(2, 41, 2, 1, 40, 9),
  "a window of one": sizes(1, 21, 2, 2, 8, 1),
  "documents": documents(sizes(2, 37, 3, 3, 20)),
  "documents, six heads on two keys": documents(sizes(2, 150, 6, 2, 16)),
  "documents, heads of 64": documents(sizes(1, 70, 2, 1, 64)),
  "documents, no whole vectors": documents(sizes(2, 33, 3, 1, 6)),
  "documents in a window of 9": documents(sizes(2, 53, 4, 2, 16, 9)),
};

/** Sequences of documents of 1, 2, 3, … positions, longer ones first. */
function documents(shape: AttentionCase): AttentionCase {
  const { batches, length } = shape;
  const starts = new Uint32Array(batches * length);
  for (let batch = 0; batch < batches; batch++) {
    for (let column = 0, long = 23 + batch; column < length; long--) {
      const end = Math.min(length, column + Math.max(1, long));
      starts.fill(column, batch * length + column, batch * length + end);
      column = end;
    }
  }
  return { ...shape, starts };
}

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
  const { length, heads, kvHeads, headDim, window, starts } = shape;
  const { rows, qkv, upstream } = inputsOf(shape);
  const mask: Record<string, ArrayLike<number>> = starts ? { starts } : {};
  const attend = (graph: TestGraph, packed: Tensor) =>
    attention(
      graph,
      packed,
      heading,
      starts && graph.input("starts", [rows], "u32"),
    );
  const heading = {
    heads,
    kvHeads,
    headDim,
    sequenceLength: length,
    ...(window < length ? { window } : {}),
  };
  const packed = [rows, (heads + 2 * kvHeads) * headDim];
  const forward = await runGraph(
    (graph) => ({ out: attend(graph, graph.input("qkv", packed)) }),
    { qkv, ...mask },
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
          attend(graph, graph.parameter("qkv", packed)),
          graph.input("upstream", [rows, heads * headDim]),
        ),
      { qkv, upstream, ...mask },
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
  "documents",
  "heads of 32",
];

/** Cases that are tried with smaller tiles as well. */
const SMALLER_TILES = [
  "six heads on two keys",
  "heads of 32",
  "a window of 9",
  "documents",
  "documents, heads of 64",
];

for (const [name, shape] of Object.entries(CASES)) {
  if (FEW_SHAPES && !FEW.includes(name)) continue;
  Deno.test(`attention agrees with its reference for ${name}`, async () => {
    await everyVariant((options) => check(shape, options));
    // Hardware adapters are offered smaller tiles, too, as their second.
    if (!SMALLER_TILES.includes(name)) return;
    const device = (await testDevice()).capabilities;
    await everyVariant((options) => check(shape, options), {
      capabilities: { ...device, software: false },
      first: 1,
    });
  });
}

for (const name of ["six heads on two keys", "a window of 9", "documents"]) {
  Deno.test(`the gradient of attention's reference for ${name} is its derivative`, () => {
    const small = { ...CASES[name], batches: 1, length: 12, headDim: 3 };
    const starts = [0, 0, 0, 3, 4, 4, 4, 4, 8, 8, 10, 10];
    const shape = small.starts ? { ...small, starts } : small;
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
  const masked = documents(sizes(5, 64, 2, 1, 4));
  await check(masked, { capabilities: await smallBindings(8192) });
});

Deno.test("attention within documents is that of sequences of their own", async () => {
  const lengths = [9, 1, 23, 4];
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  const options = { heads: 2, kvHeads: 1, headDim: 8 };
  const qkv = randomValues("qkv", rows * 32);
  const begins = lengths.map((_, i) =>
    lengths.slice(0, i).reduce((sum, length) => sum + length, 0)
  );
  const { out } = await runGraph((graph) => ({
    out: attention(
      graph,
      graph.input("qkv", [rows, 32]),
      { ...options, sequenceLength: rows },
      graph.input("starts", [rows], "u32"),
    ),
  }), {
    qkv,
    starts: begins.flatMap((begin, i) => Array(lengths[i]).fill(begin)),
  });
  for (const [i, sequenceLength] of lengths.entries()) {
    const [from, to] = [begins[i], begins[i] + sequenceLength];
    const alone = await runGraph((graph) => ({
      out: attention(graph, graph.input("qkv", [sequenceLength, 32]), {
        ...options,
        sequenceLength,
      }),
    }), { qkv: qkv.subarray(from * 32, to * 32) });
    assertClose(out.subarray(from * 16, to * 16), alone.out, 1e-6, `${i}`);
  }
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

Deno.test("attention refuses a mask of another length", () => {
  const graph = new Graph();
  const options = { heads: 2, kvHeads: 1, headDim: 4, sequenceLength: 3 };
  const qkv = graph.input("qkv", [6, 16]);
  const starts = graph.input("starts", [3], "u32");
  assertThrows(
    () => attention(graph, qkv, options, starts),
    ShapeError,
    "u32 [6]",
  );
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
