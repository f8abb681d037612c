import { assertEquals } from "@std/assert";
import { cachedAttention } from "../../../kernels/ops/cached_attention.ts";
import { createTensor, type DType } from "../../../kernels/ops/tensor.ts";
import { Executable } from "../../../kernels/plan/executable.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import { attention as reference } from "../../reference/attention.ts";
import { assertClose, testDevice } from "../harness.ts";
import { randomValues } from "../random_values.ts";

interface Case {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly capacity: number;
  readonly window?: number;
  /** Rows of each call. */
  readonly pieces: readonly number[];
}

/** Runs a sequence through the cache in pieces; all its results. */
async function inPieces(
  { heads, kvHeads, headDim, capacity, window, pieces }: Case,
  qkv: Float64Array,
): Promise<Float32Array> {
  const gpu = await testDevice();
  const packed = (heads + 2 * kvHeads) * headDim;
  const tensor = (
    name: string,
    shape: number[],
    role: "input" | "state",
    dtype: DType = "f32",
  ) => createTensor({ name, shape, role, dtype });
  const keyCache = tensor("keys", [capacity, kvHeads * headDim], "state");
  const valueCache = tensor("values", [capacity, kvHeads * headDim], "state");
  const position = tensor("position", [1], "input", "u32");
  const phases = new Map([...new Set(pieces)].map((rows) => {
    const graph = new Graph();
    const input = tensor(`qkv ${rows}`, [rows, packed], "input");
    const out = cachedAttention(
      graph,
      { qkv: input, keyCache, valueCache, position },
      { heads, kvHeads, headDim, ...(window ? { window } : {}) },
    );
    return [rows, { graph, input, out }] as const;
  }));
  const plan = planProgram(
    new Map([...phases].map(([rows, { graph }]) => [`${rows}`, graph])),
    gpu.capabilities,
    { keep: [...phases.values()].map(({ out }) => out) },
  );
  const program = await Executable.compile(gpu, plan);
  const results: number[] = [];
  let start = 0;
  for (const rows of pieces) {
    const phase = phases.get(rows);
    if (!phase) throw new Error(`no phase for ${rows} rows`);
    program.write(
      phase.input,
      Float32Array.from(qkv.subarray(start * packed, (start + rows) * packed)),
    );
    program.write(position, Uint32Array.of(start));
    program.submit([`${rows}`]);
    results.push(...await program.read(phase.out));
    start += rows;
  }
  program.destroy();
  return Float32Array.from(results);
}

const CASES: readonly Case[] = [
  { heads: 1, kvHeads: 1, headDim: 1, capacity: 4, pieces: [1, 1, 1] },
  { heads: 3, kvHeads: 3, headDim: 20, capacity: 37, pieces: [32, 1, 1, 3] },
  { heads: 6, kvHeads: 2, headDim: 10, capacity: 80, pieces: [5, 64, 1, 1, 1] },
  { heads: 2, kvHeads: 1, headDim: 80, capacity: 130, pieces: [129, 1] },
  {
    heads: 4,
    kvHeads: 2,
    headDim: 16,
    capacity: 100,
    window: 7,
    pieces: [32, 32, 1, 1],
  },
];

for (const shape of CASES) {
  const { heads, kvHeads, headDim, pieces, window } = shape;
  const name = `heads ${heads}/${kvHeads} of ${headDim}, rows ${pieces}` +
    (window ? `, window ${window}` : "");
  Deno.test(`cached attention equals attention over all: ${name}`, async () => {
    const length = pieces.reduce((sum, rows) => sum + rows, 0);
    const packed = (heads + 2 * kvHeads) * headDim;
    const qkv = randomValues(name, length * packed);
    const expected = reference(qkv, {
      batches: 1,
      length,
      heads,
      kvHeads,
      headDim,
      window: window ?? length,
    });
    const actual = await inPieces(shape, qkv);
    // Scores of at most 80 products and sums over at most 130 keys, each
    // rounding 2^-24; exp turns the scores' absolute error into a relative one.
    assertClose(actual, expected, 64 * 2 ** -22, "out");
    assertEquals(await inPieces(shape, qkv), actual);
  });
}
