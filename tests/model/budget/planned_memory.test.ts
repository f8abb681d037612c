import { assert, assertEquals } from "@std/assert";
import { MemoryPlanner } from "../../../model/budget/memory_planner.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";
import { TrainingSession } from "../../../model/train/training_session.ts";
import { testDevice } from "../../kernels/harness.ts";

Deno.test("a planned step takes the bytes that were planned on the device", async () => {
  const gpu = await testDevice();
  const config = parseRunConfig(
    "{ train: { context: 16 }, sample: { prompts: [] } }",
    "run.yaml",
  );
  const [shape] = modelShapes({
    vocabSize: 16,
    context: 16,
    bosTokenId: null,
    eosTokenId: null,
  });
  const planner = new MemoryPlanner(gpu.capabilities, config, 16);
  const all = planner.fit(shape, 8, Infinity);
  assert(all);
  for (const limit of [null, Math.floor(0.9 * all.peakBytes)]) {
    const fit = planner.fit(shape, 8, limit ?? Infinity);
    assert(fit);
    const before = gpu.allocatedBytes;
    const session = await TrainingSession.open(gpu, {
      config: shape.config,
      shape: { batch: fit.batch, context: 16, vocabulary: 16 },
      optimizer: config.optimizer,
      memory: { recompute: "auto", limit },
      samples: false,
    });
    assertEquals(gpu.allocatedBytes - before, fit.peakBytes);
    session.close();
  }
});
