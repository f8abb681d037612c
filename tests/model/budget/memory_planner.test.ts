import { assert, assertEquals } from "@std/assert";
import { KEEP_ALL } from "../../../kernels/plan/recompute.ts";
import { DEVICE_PRESETS } from "../../../model/budget/device_presets.ts";
import { MemoryPlanner } from "../../../model/budget/memory_planner.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";

const CONTEXT = 256;
const config = parseRunConfig(
  "{ train: { context: 256 }, optimizer: { kind: adamw } }",
  "run.yaml",
);
const card = DEVICE_PRESETS.get("rtx-3060");
assert(card);
const { capabilities } = card;
const planner = new MemoryPlanner(capabilities, config, 257);
const SHAPE = modelShapes({
  vocabSize: 257,
  context: CONTEXT,
  bosTokenId: 256,
  eosTokenId: 256,
}).find(({ width, layers }) => width === 256 && layers >= 5);
assert(SHAPE);
const shape = SHAPE;
const SEQUENCES = 32;

Deno.test("with memory for all, a step is one micro-batch of kept activations", () => {
  const fit = planner.fit(shape, SEQUENCES, Infinity);
  assert(fit);
  assertEquals([fit.batch, fit.accumulation], [SEQUENCES, 1]);
  assertEquals(fit.policy, KEEP_ALL);
  assertEquals(
    fit.peakBytes,
    Object.values(fit.bytes).reduce((sum, bytes) => sum + bytes, 0),
  );
  assertEquals(
    fit.bytes.weights + fit.bytes.gradients + fit.bytes.moments,
    planner.least(shape),
  );
});

Deno.test("with a part of that memory, the step still fits, more slowly", () => {
  const all = planner.fit(shape, SEQUENCES, Infinity);
  assert(all);
  let last = all.slowdown;
  for (const part of [2, 4, 8]) {
    const limit = Math.floor(all.peakBytes / part);
    const fit = planner.fit(shape, SEQUENCES, limit);
    assert(fit, `nothing fits 1/${part}`);
    assert(fit.peakBytes <= limit);
    assertEquals(fit.batch * fit.accumulation, SEQUENCES);
    assertEquals(
      planner.bytes(shape, fit.batch, fit.policy).peakBytes,
      fit.peakBytes,
    );
    assert(fit.slowdown >= last);
    last = fit.slowdown;
  }
});

Deno.test("the policy is the first that training would take in that memory", () => {
  const kept = planner.bytes(shape, 1, KEEP_ALL).peakBytes;
  for (const share of [0.99, 0.9, 0.8, 0.75]) {
    const limit = Math.floor(share * kept);
    const fit = planner.fit(shape, 1, limit);
    if (!fit) continue;
    const order = [
      KEEP_ALL,
      ...Array.from(
        { length: shape.layers + 1 },
        (_, blocks) => ({ elementwise: true, blocks }),
      ),
    ];
    const first = order.find((policy) =>
      planner.bytes(shape, 1, policy).peakBytes <= limit
    );
    assertEquals(fit.policy, first, `${share}`);
  }
});

Deno.test("where weights and moments alone are too much, nothing fits", () => {
  const limit = planner.least(shape);
  assertEquals(planner.fit(shape, SEQUENCES, limit - 1), undefined);
  assertEquals(planner.fit(shape, SEQUENCES, limit), undefined);
});

Deno.test("a tensor larger than the largest buffer has no place", () => {
  const small = new MemoryPlanner(
    {
      ...capabilities,
      limits: { ...capabilities.limits, maxBufferSize: 4 << 20 },
    },
    config,
    257,
  );
  assertEquals(small.bytes(shape, SEQUENCES, KEEP_ALL).peakBytes, Infinity);
  const fit = small.fit(shape, SEQUENCES, Infinity);
  assert(fit && fit.batch < SEQUENCES && Number.isFinite(fit.peakBytes));
});
