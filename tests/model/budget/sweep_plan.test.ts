import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { DEFAULT_CAPABILITIES } from "../../../kernels/runtime/capabilities.ts";
import { MemoryPlanner } from "../../../model/budget/memory_planner.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";
import { trainingRecipe } from "../../../model/budget/recipe_law.ts";
import { USUAL_LAW } from "../../../model/budget/scaling_law.ts";
import {
  formatBudget,
  planSweep,
  type SweepQuestion,
} from "../../../model/budget/sweep_plan.ts";
import { BatchRamp } from "../../../model/train/batch_ramp.ts";
import {
  parseGivenConfig,
  parseRunConfig,
} from "../../../model/train/parse_run_config.ts";

const base = parseRunConfig("train: { context: 128 }", "run.yaml");
const QUESTION: SweepQuestion = {
  grid: { budgets: [4e15, 1e15], ratios: [0.25, 0.5, 1, 2, 4], law: USUAL_LAW },
  shapes: modelShapes({
    vocabSize: 257,
    context: 128,
    bosTokenId: 256,
    eosTokenId: 256,
  }),
  base,
  memoryPlanner: new MemoryPlanner(DEFAULT_CAPABILITIES, base, 257),
  memory: null,
  uniqueTokens: 1e9,
  batchLaw: "steplaw",
};

Deno.test("each amount is spent on sizes around the law's choice", () => {
  const { points, notices } = planSweep(QUESTION);
  assertEquals(notices, []);
  assertEquals(points.map(({ budget }) => budget), [
    ...Array(5).fill(1e15),
    ...Array(5).fill(4e15),
  ]);
  for (const budget of [1e15, 4e15]) {
    const group = points.filter((point) => point.budget === budget);
    assertEquals(group.map(({ chosen }) => chosen), [
      false,
      false,
      true,
      false,
      false,
    ]);
    const middle = group[2];
    group.forEach(({ shape, steps, flops, tokens, predictedLoss }, i) => {
      const ratio = shape.parameters / middle.shape.parameters;
      assert(Math.abs(Math.log2(ratio) - (i - 2)) < 0.4, String(ratio));
      // Whole steps: off by half of one at most.
      assert(Math.abs(flops / budget - 1) <= 0.5 / steps);
      assertEquals(flops, tokens * shape.flopsPerToken);
      assert(predictedLoss >= middle.predictedLoss);
    });
  }
});

Deno.test("a run has the recipe of a plan and is measured at its end only", () => {
  for (const { shape, budget, config, steps } of planSweep(QUESTION).points) {
    const recipe = trainingRecipe({
      blockParameters: shape.blockParameters,
      tokens: budget / shape.flopsPerToken,
      context: 128,
      batchLaw: "steplaw",
    });
    const { train, optimizer, schedule, evaluate, sample } = config;
    assertEquals(train.batch * train.accumulation, recipe.sequences);
    assertEquals(optimizer.learning_rate, recipe.learningRate);
    assertEquals(schedule.kind, "wsd");
    // A hundred steps of warmup, or a fifth of a run that has fewer than 500.
    assert(schedule.warmup >= Math.min(100, Math.floor(steps / 5)));
    assert(schedule.warmup <= Math.max(100, steps / 20));
    assertEquals([train.steps, train.budget], [steps, null]);
    assertEquals(evaluate, { every: 0, tokens: 65_536 });
    assertEquals(sample.prompts, []);
  }
});

Deno.test("sizes that do not exist, fit or suffice are left out and named", () => {
  const { points, notices } = planSweep({
    ...QUESTION,
    grid: { ...QUESTION.grid, budgets: [1e10] },
  });
  assert(points.length < 5);
  assert(
    notices.some((notice) => notice.includes("there is no model of each")),
  );
  const tight = planSweep({ ...QUESTION, memory: 100e6 });
  assert(tight.points.length < 10);
  assert(tight.notices.every((notice) => notice.includes("fit the memory")));
  assertThrows(
    () => planSweep({ ...QUESTION, memory: 1e6 }),
    InputError,
    "Cannot sweep at 1e15 FLOP",
  );
  assertThrows(
    () =>
      planSweep({ ...QUESTION, grid: { ...QUESTION.grid, budgets: [1e8] } }),
    InputError,
    "too few to teach anything",
  );
});

Deno.test("what was given of the recipe stays, whatever the law says", () => {
  const { points } = planSweep({
    ...QUESTION,
    base: parseRunConfig(
      "{ train: { context: 128, batch: 3 }, optimizer: { learning_rate: 2e-4 }," +
        " schedule: { decay: 0.3 } }",
      "run.yaml",
    ),
    given: new Set([
      "train.batch",
      "optimizer.learning_rate",
      "schedule.decay",
    ]),
  });
  for (const { config, steps } of points) {
    assertEquals(config.train.batch, 3);
    assertEquals(config.train.steps, steps);
    assertEquals(config.optimizer.learning_rate, 2e-4);
    assertEquals(config.schedule.decay, 0.3);
  }
});

Deno.test("a batch that grows takes more steps for the same arithmetic", () => {
  const { config, given } = parseGivenConfig(
    "train: { context: 128, accumulation: 2, batch_ramp: 1 }",
    "run.yaml",
  );
  const { points } = planSweep({ ...QUESTION, base: config, given });
  const plain = planSweep({
    ...QUESTION,
    base: { ...config, train: { ...config.train, batch_ramp: 0 } },
    given,
  }).points;
  points.forEach(({ steps, tokens, flops, budget, config: run }, i) => {
    assertEquals(run.train.batch_ramp, 1);
    assertEquals(tokens, new BatchRamp(run.train, steps).tokens);
    // Whole steps: off by half of one at most, where it ends and where it grows.
    assert(Math.abs(flops / budget - 1) <= 1 / steps);
    // Half a step here, and half of one there.
    assertAlmostEquals(
      steps / plain[i].steps,
      4 / 3,
      (0.5 + 0.5 * 4 / 3) / plain[i].steps,
    );
  });
});

Deno.test("amounts of training have short names", () => {
  assertEquals(formatBudget(1.6e13), "1.6e13");
  assertEquals(formatBudget(1e12), "1e12");
  assertEquals(formatBudget(123456), "1.235e5");
});
