import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import type { ChooseVariant } from "../../../kernels/plan/plan_options.ts";
import type { StartedEvent } from "../../../model/train/events.ts";
import { TrainingSession } from "../../../model/train/training_session.ts";
import { withFolder } from "../../data/with_folder.ts";
import { testDevice } from "../../kernels/harness.ts";
import { nonzeroValues } from "../nonzero_values.ts";
import {
  eventsOf,
  TINY_LLAMA_YAML,
  TINY_RECIPE_YAML,
  TINY_YAML,
  tinyConfig,
  tinySession,
  trainTiny,
  writeText,
} from "../tiny_run.ts";

const PROMPTS = { "sample.prompts": '["a cat"]', "sample.tokens": "8" };

/** Evaluations, samples and checkpoints after step 2 and at the end. */
const VISITS = {
  "train.steps": "6",
  "evaluate.every": "3",
  "sample.every": "4",
  "checkpoint.every": "5",
};

const RUNS: readonly {
  readonly name: string;
  readonly yaml?: string;
  readonly overrides?: Record<string, string>;
}[] = [
  { name: "gpt2", overrides: PROMPTS },
  { name: "llama", yaml: TINY_LLAMA_YAML, overrides: PROMPTS },
  {
    name: "muon",
    yaml: TINY_RECIPE_YAML,
    overrides: { "optimizer.kind": "muon" },
  },
  { name: "average", overrides: { "optimizer.average": "ema", ...PROMPTS } },
  { name: "accumulation", overrides: { "train.accumulation": "2" } },
  { name: "elementwise", overrides: { "memory.recompute": "elementwise" } },
  {
    name: "block",
    yaml: TINY_LLAMA_YAML,
    overrides: { "memory.recompute": "block" },
  },
];

for (const { name, yaml, overrides } of RUNS) {
  Deno.test(`${name}: the plan's peak is what the device allocated, once`, () =>
    withFolder(async (folder) => {
      const gpu = await testDevice();
      const data = await writeText(folder);
      const config = tinyConfig(data, { ...VISITS, ...overrides }, yaml);
      const before = gpu.allocatedBytes;
      const seen: { bytes: number; buffers: number; pipelines: number }[] = [];
      const events = await trainTiny({ config, out: join(folder, "run") }, (
        event,
      ) => {
        if (event.type === "step" && event.step < 2) return;
        seen.push({
          bytes: gpu.allocatedBytes - before,
          buffers: gpu.buffersCreated,
          pipelines: gpu.pipelinesCreated,
        });
      });
      const [{ peakBytes, planBytes }] = eventsOf(events, "started");
      assertEquals(
        Object.values(planBytes).reduce((sum, bytes) => sum + bytes, 0),
        peakBytes,
      );
      assertEquals(
        new Set(seen.map(({ bytes }) => bytes)),
        new Set([peakBytes]),
      );
      assertEquals(new Set(seen.map(({ buffers }) => buffers)).size, 1);
      assertEquals(new Set(seen.map(({ pipelines }) => pipelines)).size, 1);
      assertEquals(gpu.allocatedBytes, before);
      if (overrides === PROMPTS) {
        assertEquals(
          eventsOf(events, "sampled").map(({ step }) => step),
          [4, 6],
        );
      }
    }));
}

for (
  const [name, yaml] of [
    ["gpt2", TINY_YAML],
    ["llama", TINY_LLAMA_YAML],
    ["llama with more", TINY_RECIPE_YAML],
  ]
) {
  Deno.test(`${name}: recomputed activations give the same bits`, async () => {
    const gpu = await testDevice();
    const tokens = Uint32Array.from({ length: 4 * 32 }, (_, i) => i * i % 257);
    const batch = { inputs: tokens, targets: tokens.toReversed() };
    const results = [];
    for (const recompute of ["none", "elementwise", "block"] as const) {
      const session = await TrainingSession.open(
        gpu,
        tinySession(yaml, { "memory.recompute": recompute }),
      );
      const { executable, program } = session;
      for (
        const { tensor, values } of nonzeroValues(session.model.parameters, 1)
      ) executable.write(tensor, values);
      executable.write(program.scale, Float32Array.of(1 / tokens.length));
      executable.write(program.tokens, batch.inputs);
      executable.write(program.targets, batch.targets);
      executable.submit(["micro"]);
      const gradients: Record<string, Float32Array> = {};
      const parts = session.model.parameters.partTensors("gradient");
      for (const { part, tensor } of parts) {
        gradients[part.name] = await executable.read(tensor);
        assert(gradients[part.name].some((value) => value !== 0), part.name);
      }
      const losses: (number | undefined)[] = [];
      session.initialize(1);
      for (let step = 1; step <= 4; step++) {
        session.step([batch], { step, learningRate: 1e-2 });
        losses.push((await session.result())?.loss);
      }
      results.push({ recompute, gradients, losses });
      session.close();
    }
    const [kept, ...recomputed] = results;
    for (const { recompute, gradients, losses } of recomputed) {
      assertEquals(losses, kept.losses, recompute);
      assertEquals(gradients, kept.gradients, recompute);
    }
  });
}

Deno.test("kernels that were chosen do not take a run over its limit", async () => {
  const gpu = await testDevice();
  const options = tinySession(TINY_YAML, { "memory.recompute": "none" });
  // A product that is split by its depth keeps the sums of the parts.
  const split: ChooseVariant = (problem, candidates) =>
    (problem.startsWith("matmul")
      ? candidates.find(({ name }) => name.endsWith("_split2"))
      : undefined) ?? candidates[0];
  const peakWith = async (limit: number | null) => {
    const session = await TrainingSession.open(gpu, {
      ...options,
      memory: { ...options.memory, limit },
      choose: split,
    });
    const { peakBytes } = session.executable.plan;
    session.close();
    return peakBytes;
  };
  const { peakBytes: planned } = TrainingSession.plan(
    gpu.capabilities,
    options,
    (_problem, [usual]) => usual,
  );
  const free = await peakWith(null);
  // A GPU's usual kernels may be split already.
  assert(gpu.capabilities.software ? free > planned : free >= planned);
  assertEquals(await peakWith(planned), planned);
});

Deno.test("little memory makes a run recompute, too little is bad input", () =>
  withFolder(async (folder) => {
    const data = await writeText(folder);
    const startUnder = async (limit: number | null): Promise<StartedEvent> => {
      const memory = { recompute: "auto", limit } as const;
      const config = { ...tinyConfig(data), memory };
      const out = join(folder, `run ${limit}`);
      const events = await trainTiny({ config, out });
      assertEquals(eventsOf(events, "finished")[0].reason, "completed");
      losses.push(eventsOf(events, "step").map((event) => event.trainLoss));
      return eventsOf(events, "started")[0];
    };
    const losses: number[][] = [];
    const free = await startUnder(null);
    const tight = await startUnder(free.peakBytes - 4);
    assert(tight.peakBytes < free.peakBytes);
    assert(tight.planBytes.activations < free.planBytes.activations);
    assertEquals(tight.planBytes.weights, free.planBytes.weights);
    const tighter = await startUnder(tight.peakBytes - 4);
    assert(tighter.peakBytes < tight.peakBytes);
    assertEquals(losses[1], losses[0]);
    assertEquals(losses[2], losses[0]);

    const error = await assertRejects(() => startUnder(100_000), InputError);
    assertMatch(
      error.message,
      /^This run needs at least .*memory\.limit is .*; raise it/,
    );
  }));
