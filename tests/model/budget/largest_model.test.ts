import { assert, assertEquals } from "@std/assert";
import { DEVICE_PRESETS } from "../../../model/budget/device_presets.ts";
import { largestModels } from "../../../model/budget/largest_model.ts";
import { MemoryPlanner } from "../../../model/budget/memory_planner.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";

const card = DEVICE_PRESETS.get("rtx-3060");
assert(card);
const planner = new MemoryPlanner(
  card.capabilities,
  parseRunConfig(
    "{ train: { context: 256 }, optimizer: { kind: adamw } }",
    "run.yaml",
  ),
  257,
);
const SHAPES = modelShapes({
  vocabSize: 257,
  context: 256,
  bosTokenId: 256,
  eosTokenId: 256,
});

Deno.test("the largest model fits, recomputation has room for a larger one", () => {
  const limit = 400e6;
  const models = largestModels(SHAPES, planner, limit);
  assertEquals(models.map(({ mode }) => mode), [
    "f32 AdamW",
    "f32 AdamW, blocks recomputed",
  ]);
  const [kept, replayed] = models.map(({ shape }) => shape?.parameters ?? 0);
  assert(replayed > kept);
  for (const { shape, peakBytes } of models) {
    assert(shape && peakBytes <= limit);
    // Weights, gradients and two moments in f32 are most of it.
    assert(16 * shape.parameters > limit / 3);
    assertEquals(peakBytes > 16 * shape.parameters, true);
  }
});

Deno.test("where nothing fits, there is no largest model", () => {
  for (const { shape, peakBytes } of largestModels(SHAPES, planner, 1e5)) {
    assertEquals([shape, peakBytes], [undefined, 0]);
  }
});
