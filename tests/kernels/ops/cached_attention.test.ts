import { assertEquals, assertThrows } from "@std/assert";
import { cachedAttention } from "../../../kernels/ops/cached_attention.ts";
import { ShapeError } from "../../../kernels/ops/op_spec.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { attention as reference } from "../../reference/attention.ts";
import { assertClose, type HarnessOptions, runGraph } from "../harness.ts";
import { randomValues } from "../random_values.ts";
import { smallBindings } from "../small_bindings.ts";

interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly window?: number;
}

/**
 * Feeds a sequence to the caches in chunks, and compares every chunk's result
 * with attention over the whole sequence.
 */
async function check(
  heading: Heads,
  chunks: readonly number[],
  positions: number,
  options: HarnessOptions = {},
): Promise<void> {
  const { heads, kvHeads, headDim, window = Infinity } = heading;
  const length = chunks.reduce((sum, rows) => sum + rows, 0);
  const width = (heads + 2 * kvHeads) * headDim;
  const cached = kvHeads * headDim;
  const qkv = randomValues("qkv", length * width);
  const expected = reference(qkv, { ...heading, batches: 1, length, window });
  // What the caches hold before the first row must not matter.
  let keys: ArrayLike<number> = new Float32Array(positions * cached).fill(NaN);
  let values = keys;
  let position = 0;
  for (const rows of chunks) {
    const run = () =>
      runGraph((graph) => {
        const keyCache = graph.variable("keys", [positions, cached], "state");
        const valueCache = graph.variable(
          "values",
          [positions, cached],
          "state",
        );
        const out = cachedAttention(graph, {
          qkv: graph.input("qkv", [rows, width]),
          keyCache,
          valueCache,
          position: graph.input("position", [1], "u32"),
        }, heading);
        return { out, keyCache, valueCache };
      }, {
        qkv: qkv.subarray(position * width, (position + rows) * width),
        position: [position],
        keys,
        values,
      }, options);
    const read = await run();
    // As for attention over whole sequences: relative errors of the weights
    // are the absolute errors of scores below 10.
    assertClose(
      read.out,
      expected.subarray(
        position * heads * headDim,
        (position + rows) * heads * headDim,
      ),
      (10 * Math.sqrt(headDim) + 30) * 2 ** -23,
      `rows from ${position}`,
    );
    assertEquals(await run(), read, "the same bits again");
    for (let row = position; row < position + rows; row++) {
      assertEquals(
        [...read.keyCache.subarray(row * cached, (row + 1) * cached)],
        [...qkv.subarray(
          row * width + heads * headDim,
          row * width + heads * headDim + cached,
        )],
      );
    }
    keys = read.keyCache;
    values = read.valueCache;
    position += rows;
  }
}

Deno.test("cachedAttention continues a prompt token by token", async () => {
  await check({ heads: 6, kvHeads: 2, headDim: 20 }, [8, 1, 1, 1, 5], 16);
});

Deno.test("cachedAttention over many positions in runs of keys", async () => {
  await check({ heads: 4, kvHeads: 4, headDim: 32 }, [32, 32, 32, 1, 1], 131);
});

Deno.test("cachedAttention of heads that are no whole vectors", async () => {
  await check({ heads: 3, kvHeads: 1, headDim: 6 }, [4, 3, 1], 8);
});

Deno.test("cachedAttention of large heads", async () => {
  await check({ heads: 2, kvHeads: 1, headDim: 128 }, [4, 1], 37);
});

Deno.test("cachedAttention in a sliding window", async () => {
  const window = { heads: 2, kvHeads: 2, headDim: 8, window: 5 };
  await check(window, [12, 1, 1, 4, 1], 64);
});

Deno.test("cachedAttention binds its scores in runs of rows", async () => {
  const capabilities = await smallBindings(8192);
  // Scores of one row take 1,024 bytes, and 16 rows of queries 6,144.
  await check({ heads: 4, kvHeads: 4, headDim: 8 }, [16, 4], 64, {
    capabilities,
  });
});

Deno.test("cachedAttention stores nothing past the end of the caches", async () => {
  const heading = { heads: 1, kvHeads: 1, headDim: 4 };
  for (const position of [3, 4, 2 ** 32 - 1]) {
    const read = await runGraph((graph) => {
      const keyCache = graph.variable("keys", [4, 4], "state");
      const valueCache = graph.variable("values", [4, 4], "state");
      const out = cachedAttention(graph, {
        qkv: graph.input("qkv", [2, 12]),
        keyCache,
        valueCache,
        position: graph.input("position", [1], "u32"),
      }, heading);
      return { out, keyCache, valueCache };
    }, {
      qkv: new Float32Array(24).fill(7),
      position: [position],
      keys: new Float32Array(16).fill(2),
      values: new Float32Array(16).fill(7),
    });
    const expected = new Float32Array(16).fill(2);
    if (position === 3) expected.fill(7, 12);
    assertEquals(read.keyCache, expected);
    assertClose(read.out, new Float32Array(8).fill(7), 1e-6, "values");
  }
});

Deno.test("cachedAttention refuses caches of other heads", () => {
  const graph = new Graph();
  const inputs = {
    qkv: graph.input("qkv", [1, 16]),
    keyCache: graph.variable("keys", [4, 4], "state"),
    valueCache: graph.variable("values", [4, 8], "state"),
    position: graph.input("position", [1], "u32"),
  };
  assertThrows(
    () => cachedAttention(graph, inputs, { heads: 2, kvHeads: 1, headDim: 4 }),
    ShapeError,
    "cache of [4,8]",
  );
});
