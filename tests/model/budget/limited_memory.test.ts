import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../../data/random.ts";
import {
  type MemoryFit,
  MemoryPlanner,
} from "../../../model/budget/memory_planner.ts";
import type { ModelShape } from "../../../model/budget/model_shape.ts";
import type { ParameterKind } from "../../../model/parameter_pack.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";
import { hyperValues } from "../../../model/train/training_program.ts";
import { TrainingSession } from "../../../model/train/training_session.ts";
import { assertClose, testDevice } from "../../kernels/harness.ts";
import { shapeOfRun } from "./shape_of_run.ts";

const VOCABULARY = 64;
const CONTEXT = 64;
/** Sequences of a step, however it is cut. */
const SEQUENCES = 32;
const STEP = { step: 1, learningRate: 1e-2 };

/** A unit in the last place of f32, relative. */
const UNIT = 2 ** -23;

/**
 * Of the largest gradient of a tensor. Sums in another order differ by their
 * roundings, 2^-24 each: it takes 168 of them in one direction.
 */
const GRADIENT_TOLERANCE = 1e-5;

/**
 * Models in which activations outweigh the rest by far: 2048 tokens of a step
 * keep kilobytes each, while weights, gradients, two moments and the buffer
 * that reads go through are five times the few weights there are, and stay
 * however a step is cut.
 */
const MODELS = {
  gpt2: "{ family: gpt2, n_embd: 16, n_layer: 4, n_head: 2 }",
  llama: "{ family: llama, hidden_size: 24, num_hidden_layers: 6, " +
    "num_attention_heads: 2, num_key_value_heads: 1 }",
};

for (const [family, model] of Object.entries(MODELS)) {
  Deno.test(`${family}: an eighth of the memory gives the gradients and the step of all of it`, async () => {
    const gpu = await testDevice();
    const run = parseRunConfig(
      `{ model: ${model}, train: { context: ${CONTEXT} }, ` +
        "optimizer: { kind: adamw, clip: 0 }, sample: { prompts: [] } }",
      "run.yaml",
    );
    const shape = shapeOfRun(run, VOCABULARY);
    const planner = new MemoryPlanner(gpu.capabilities, run, VOCABULARY);
    const take = (fit: MemoryFit, limit: number | null) =>
      takeStep(shape, run, fit, limit);

    const free = planner.fit(shape, SEQUENCES, Infinity);
    assert(free);
    assertEquals([free.batch, free.accumulation], [SEQUENCES, 1]);
    const { activations, weights } = free.bytes;
    assert(activations > 8 * 5 * weights, "activations have to dominate");
    const whole = await take(free, null);
    assertEquals(whole.allocated, free.peakBytes);

    let replaying = 0;
    for (const part of [2, 4, 8]) {
      const limit = Math.floor(free.peakBytes / part);
      const fit = planner.fit(shape, SEQUENCES, limit);
      assert(fit, `nothing fits 1/${part}`);
      assertEquals(fit.batch * fit.accumulation, SEQUENCES);
      assert(fit.accumulation > 1);
      if (fit.policy.elementwise) replaying++;
      const cut = await take(fit, limit);
      assert(cut.allocated <= limit, `${cut.allocated} of ${limit} bytes`);
      assertEquals(cut.allocated, fit.peakBytes);
      assertAlmostEquals(cut.loss, whole.loss, 1e-5 * whole.loss);
      for (const [name, gradient] of Object.entries(whole.gradients)) {
        const what = `1/${part}: ${name}`;
        assertClose(cut.gradients[name], gradient, GRADIENT_TOLERANCE, what);
        assertStepClose(cut.weights[name], whole.weights[name], gradient, what);
      }
    }
    assert(replaying > 0, "no limit makes the step compute anything again");
  });
}

/** Gradients, loss and weights of a step on the same data, cut as told. */
async function takeStep(
  shape: ModelShape,
  { optimizer }: ReturnType<typeof parseRunConfig>,
  { batch, accumulation }: MemoryFit,
  limit: number | null,
) {
  const gpu = await testDevice();
  const before = gpu.allocatedBytes;
  const session = await TrainingSession.open(gpu, {
    config: shape.config,
    shape: { batch, context: CONTEXT, vocabulary: VOCABULARY },
    optimizer,
    memory: { recompute: "auto", limit },
    samples: false,
  });
  const random = new Random("limited memory");
  const ids = () =>
    Uint32Array.from(
      { length: batch * CONTEXT },
      () => random.integer(VOCABULARY),
    );
  // Inputs are drawn first: batches of every size hold the same sequences.
  const draw = () => Array.from({ length: accumulation }, ids);
  const [inputs, targets] = [draw(), draw()];

  const { executable, program } = session;
  const read = async (kind: ParameterKind) => {
    const values: Record<string, Float32Array> = {};
    for (
      const { part, tensor } of session.model.parameters.partTensors(kind)
    ) {
      values[part.name] = await executable.read(tensor);
    }
    return values;
  };
  session.initialize(1);
  executable.write(
    program.scale,
    Float32Array.of(1 / (SEQUENCES * CONTEXT)),
  );
  executable.write(program.hyper, hyperValues(STEP, optimizer));
  for (const [index, tokens] of inputs.entries()) {
    executable.write(program.tokens, tokens);
    executable.write(program.targets, targets[index]);
    executable.submit([index === 0 ? "micro" : "accumulate"]);
  }
  const gradients = await read("gradient");
  executable.submit(["update"]);
  const [loss] = await executable.read(program.metrics);
  const weights = await read("weight");

  // A trainer's step is the same, to the bit.
  session.initialize(1);
  session.step(
    inputs.map((tokens, index) => ({
      inputs: tokens,
      targets: targets[index],
    })),
    STEP,
  );
  assertEquals((await session.result())?.loss, loss);
  assertEquals(await read("weight"), weights);
  const allocated = gpu.allocatedBytes - before;
  session.close();
  return { gradients, loss, weights, allocated };
}

/**
 * AdamW's first step moves a weight by the learning rate times g / (|g| + ε),
 * which grows with g: a gradient known up to ±δ bounds the weight on both sides,
 * up to the roundings of either step. WGSL allows a division or a root 2.5 units
 * in the last place, the update has three whose operands differ, and sums and
 * products take half a unit each; the weight is rounded as it decays and moves.
 */
function assertStepClose(
  actual: Float32Array,
  expected: Float32Array,
  gradient: Float32Array,
  what: string,
): void {
  const { learningRate } = STEP;
  const direction = (g: number) => g / (Math.abs(g) + 1e-8);
  const largest = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  const delta = GRADIENT_TOLERANCE * largest;
  gradient.forEach((g, i) => {
    const moved = learningRate * Math.max(
      direction(g + delta) - direction(g),
      direction(g) - direction(g - delta),
    );
    const rounding = 2 * UNIT *
      (12 * learningRate + Math.abs(expected[i]));
    assertAlmostEquals(actual[i], expected[i], moved + rounding, what);
  });
}
