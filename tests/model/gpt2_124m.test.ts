import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../data/random.ts";
import { embedding } from "../../kernels/ops/embedding.ts";
import { matmul } from "../../kernels/ops/matmul.ts";
import { weightedSum } from "../../kernels/ops/weighted_sum.ts";
import { openDevice } from "../../kernels/runtime/open_device.ts";
import { parseRunConfig } from "../../model/train/parse_run_config.ts";
import { resolveModel } from "../../model/train/resolve_model.ts";
import { TrainingSession } from "../../model/train/training_session.ts";
import { assertClose, runGradients, runGraph } from "../kernels/harness.ts";
import { smallBindings } from "../kernels/small_bindings.ts";

const VOCABULARY = 50_257;
const WIDTH = 768;
const CONTEXT = 128;
/** WebGPU's default; GPT-2's table of 154 MB does not fit. */
const BINDING = 128 << 20;
/** First row that lies behind the first binding, or near it. */
const EDGE = Math.floor(BINDING / (4 * WIDTH));
const IDS = [0, EDGE - 1, EDGE, EDGE + 1, 7, VOCABULARY - 1, EDGE, 20_000];

function numbers(count: number, seed: string): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.uniform() - 0.5);
}

Deno.test("rows of a table larger than a binding are gathered and scattered", async () => {
  const table = numbers(VOCABULARY * WIDTH, "table");
  const weights = numbers(IDS.length * WIDTH, "weights");
  const capabilities = await smallBindings(BINDING);
  const { loss, gradients } = await runGradients(
    (graph) => {
      const rows = embedding(graph, {
        table: graph.parameter("table", [VOCABULARY, WIDTH]),
        tokens: graph.input("tokens", [IDS.length], "u32"),
      });
      const scale = graph.input("weights", [IDS.length, WIDTH]);
      return weightedSum(graph, rows, scale);
    },
    { table, weights, tokens: IDS },
    ["table"],
    { capabilities },
  );
  const row = (values: Float32Array, index: number) =>
    values.subarray(index * WIDTH, (index + 1) * WIDTH);
  let sum = 0;
  const expected = new Map<number, Float32Array>();
  IDS.forEach((id, i) => {
    const weight = row(weights, i);
    sum += weight.reduce((all, w, k) => all + w * table[id * WIDTH + k], 0);
    const earlier = expected.get(id);
    expected.set(id, weight.map((w, k) => w + (earlier?.[k] ?? 0)));
  });
  assertAlmostEquals(loss, sum, 1e-3);
  for (const [id, gradient] of expected) {
    assertClose(row(gradients.table, id), gradient, 1e-6, `row ${id}`);
  }
  const touched = gradients.table.reduce((n, g) => n + Number(g !== 0), 0);
  assertEquals(touched, expected.size * WIDTH);
});

Deno.test("logits of a head larger than a binding are right on both sides", async () => {
  const head = numbers(VOCABULARY * WIDTH, "head");
  const hidden = numbers(3 * WIDTH, "hidden");
  const capabilities = await smallBindings(BINDING);
  const { logits } = await runGraph(
    (graph) => ({
      logits: matmul(graph, {
        a: graph.input("hidden", [3, WIDTH]),
        b: graph.parameter("head", [VOCABULARY, WIDTH]),
      }, { layout: "nt" }),
    }),
    { hidden, head },
    { capabilities },
  );
  for (let row = 0; row < 3; row++) {
    const exact = IDS.map((id) => {
      let sum = 0;
      for (let k = 0; k < WIDTH; k++) {
        sum += hidden[row * WIDTH + k] * head[id * WIDTH + k];
      }
      return sum;
    });
    const found = IDS.map((id) => logits[row * VOCABULARY + id]);
    assertClose(found, exact, 1e-5, `row ${row}`);
  }
});

Deno.test("GPT-2 124M takes a step within WebGPU's default limits", async () => {
  const gpu = await openDevice({ defaultLimits: true });
  assertEquals(gpu.capabilities.limits.maxStorageBufferBindingSize, BINDING);
  const { model, optimizer, memory } = parseRunConfig(
    "{ model: { preset: gpt2 }, optimizer: { kind: adamw } }",
    "gpt2.yaml",
  );
  const config = resolveModel(model, {
    vocabSize: VOCABULARY,
    context: CONTEXT,
    bosTokenId: VOCABULARY - 1,
    eosTokenId: VOCABULARY - 1,
  }, "gpt2.yaml");
  const session = await TrainingSession.open(gpu, {
    config,
    shape: { batch: 1, context: CONTEXT, vocabulary: VOCABULARY },
    optimizer,
    memory,
    samples: false,
  });
  const { executable } = session;
  assertEquals(gpu.allocatedBytes, executable.plan.peakBytes);
  // 124.4M with 1,024 positions; 128 of them here, and 15 ids that never occur.
  const positions = (1024 - CONTEXT) * WIDTH;
  const unused = (config.vocab_size - VOCABULARY) * WIDTH;
  assertEquals(
    session.model.parameters.count,
    124_439_808 - positions + unused,
  );

  session.initialize(1);
  const parts = [...session.model.parameters.partTensors("weight")].filter((
    { part },
  ) => /h\.(0|11)\.(attn\.c_attn\.weight|mlp\.c_proj\.bias)/.test(part.name));
  assertEquals(parts.length, 4);
  const read = () =>
    Array.fromAsync(parts, ({ tensor }) => executable.read(tensor));
  const before = await read();
  const random = new Random("tokens");
  const tokens = Uint32Array.from(
    { length: CONTEXT + 1 },
    () => random.integer(VOCABULARY),
  );
  const batch = { inputs: tokens.slice(0, -1), targets: tokens.slice(1) };
  session.step([batch], { step: 1, learningRate: 1e-3 });
  const result = await session.result();
  const after = await read();
  assertEquals(gpu.allocatedBytes, executable.plan.peakBytes);
  session.close();
  assertEquals(gpu.allocatedBytes, 0);
  gpu.close();

  assertAlmostEquals(result?.loss ?? NaN, Math.log(VOCABULARY), 0.3);
  assertEquals(result?.nonFinite, 0);
  const norm = result?.gradientNorm ?? NaN;
  assert(norm > 0 && norm < 100, `${norm}`);
  before.forEach((values, i) => {
    // Adam's first step moves every weight that has a gradient by the rate.
    const moved = values.map((value, k) => Math.abs(after[i][k] - value));
    const { name } = parts[i].part;
    assert(
      moved.reduce((n, d) => n + Number(d > 5e-4), 0) > 0.9 * moved.length,
      name,
    );
    assert(moved.every((distance) => distance < 2e-3), name);
  });
});
