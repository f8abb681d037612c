import { assert, assertEquals, assertRejects } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { MemoryPlanner } from "../../../model/budget/memory_planner.ts";
import { allowedPolicies } from "../../../model/train/allowed_policies.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";
import type { RunConfig } from "../../../model/train/run_config.ts";
import { trainingShape } from "../../../model/train/training_shape.ts";
import { TrainingSession } from "../../../model/train/training_session.ts";
import { testDevice } from "../../kernels/harness.ts";
import { shapeOfRun } from "./shape_of_run.ts";

const RUNS = 50;
const SEED = "planned memory";

/** A run of which everything that memory depends on is drawn. */
function drawRun(random: Random): RunConfig {
  const heads = between(random, 1, 4);
  const width = heads * random.pick([4, 6, 8, 16]);
  const layers = between(random, 1, 3);
  const model = random.pick(["gpt2", "llama"]) === "gpt2"
    ? { family: "gpt2", n_embd: width, n_layer: layers, n_head: heads }
    : {
      family: "llama",
      hidden_size: width,
      intermediate_size: between(random, 5, 40),
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: random.pick(
        [1, 2, 3, 4].filter((count) => heads % count === 0),
      ),
      head_dim: random.pick([null, 4, 10]),
      qk_norm: random.pick([true, false]),
      hidden_act: random.pick(["silu", "relu2"]),
      final_logit_softcapping: random.pick([null, 20]),
      value_embeddings: between(random, 0, Math.floor(layers / 2)),
      residual_scalars: random.pick([true, false]),
      tie_word_embeddings: random.pick([true, false]),
    };
  const run = {
    model,
    train: {
      context: between(random, 1, 48),
      batch: between(random, 1, 6),
      accumulation: between(random, 1, 3),
      document_mask: random.pick([true, false]),
      operands: random.pick(["f32", "f16", "bf16"]),
    },
    optimizer: {
      kind: random.pick(["adamw", "muon"]),
      average: random.pick(["none", "ema", "tail"]),
    },
    sample: { prompts: random.pick([[], ["a"]]) },
    memory: {
      recompute: random.pick(["auto", "auto", "none", "elementwise", "block"]),
    },
  };
  return parseRunConfig(JSON.stringify(run), "random.yaml");
}

function between(random: Random, low: number, high: number): number {
  return low + random.integer(high - low + 1);
}

Deno.test(`${RUNS} random runs allocate what was planned, to the byte`, async () => {
  const gpu = await testDevice();
  const random = new Random(SEED);
  let replaying = 0;
  for (let index = 0; index < RUNS; index++) {
    const run = drawRun(random);
    const vocabulary = between(random, 2, 100);
    const { train, optimizer, sample, memory: { recompute } } = run;
    const shape = shapeOfRun(run, vocabulary);
    const planner = new MemoryPlanner(gpu.capabilities, run, vocabulary);
    const sequences = train.batch * train.accumulation;
    const fitIn = (limit: number) =>
      planner.fit(shape, sequences, limit, [train.batch]);
    const open = (limit: number) =>
      TrainingSession.open(gpu, {
        config: shape.config,
        shape: trainingShape(train, vocabulary),
        optimizer,
        memory: { recompute, limit },
        samples: sample.prompts.length > 0,
        operands: train.operands,
      });
    const peaks = allowedPolicies(recompute, shape.layers)
      .map((policy) => planner.bytes(shape, train.batch, policy).peakBytes);
    const least = Math.min(...peaks);
    const limit = between(random, least, peaks[0]);
    const what = `seed "${SEED}", run ${index}: limit ${limit}, ` +
      `vocabulary ${vocabulary}, ${JSON.stringify(run)}`;

    const fit = fitIn(limit);
    assert(fit, what);
    assert(fit.peakBytes <= limit, what);
    const before = gpu.allocatedBytes;
    const session = await open(limit);
    assertEquals(gpu.allocatedBytes - before, fit.peakBytes, what);
    assertEquals(session.executable.plan.bytes, fit.bytes, what);
    assertEquals(session.executable.plan.peakBytes, fit.peakBytes, what);
    assertEquals(fit.accumulation, train.accumulation, what);
    session.close();
    assertEquals(gpu.allocatedBytes, before, what);
    if (fit.policy.elementwise || fit.policy.blocks > 0) replaying++;

    assertEquals(fitIn(least - 1), undefined, what);
    await assertRejects(() => open(least - 1), InputError, "at least", what);
    assertEquals(gpu.allocatedBytes, before, what);
  }
  assert(replaying >= RUNS / 4, `${replaying} runs compute anything again`);
});
