import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { computeOptimum } from "../../../model/budget/compute_optimum.ts";
import { explainPlan } from "../../../model/budget/explain_plan.ts";
import { MemoryPlanner } from "../../../model/budget/memory_planner.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";
import { planRun } from "../../../model/budget/plan_run.ts";
import { planningDevice } from "../../../model/budget/planning_device.ts";
import type { PlanQuestion, RunPlan } from "../../../model/budget/run_plan.ts";
import { SCALING_LAWS } from "../../../model/budget/scaling_law.ts";
import {
  parseGivenConfig,
  parseRunConfig,
} from "../../../model/train/parse_run_config.ts";
import { BatchRamp } from "../../../model/train/batch_ramp.ts";
import { stringifyRunConfig } from "../../../model/train/stringify_run_config.ts";

const law = SCALING_LAWS.get("besiroglu");
assert(law);
const base = parseRunConfig("train: { context: 256 }", "run.yaml");
const device = planningDevice("1e12");
const QUESTION: PlanQuestion = {
  seconds: 3600,
  memory: 8e9,
  device,
  law,
  inferenceTokens: 0,
  uniqueTokens: null,
  batchLaw: "steplaw",
  shapes: modelShapes({
    vocabSize: 257,
    context: 256,
    bosTokenId: 256,
    eosTokenId: 256,
  }),
  base,
  memoryPlanner: new MemoryPlanner(device.capabilities, base, 257),
};
const PLAN = planRun(QUESTION);

function planned(changes: Partial<PlanQuestion>): RunPlan {
  return planRun({ ...QUESTION, ...changes });
}

Deno.test("the choice is the candidate of the lowest predicted loss", () => {
  const { chosen, candidates, memoryBound } = PLAN;
  assert(candidates.length >= 5);
  for (const { predictedLoss } of candidates) {
    assert(predictedLoss >= chosen.predictedLoss);
  }
  assert(candidates[0].shape.parameters < chosen.shape.parameters / 2);
  assert(
    (candidates.at(-1)?.shape.parameters ?? 0) > chosen.shape.parameters * 2,
  );
  assertEquals(memoryBound, false);
});

Deno.test("the choice is near the law's optimum for its operations", () => {
  const { shape, tokens } = PLAN.chosen;
  const flops = tokens * shape.flopsPerToken;
  // 3 % for the start, some for evaluations, samples and small micro-batches.
  assert(flops < 3600e12 && flops > 0.85 * 3600e12, `${flops}`);
  const { parameters } = computeOptimum(QUESTION.law, flops);
  assert(Math.abs(Math.log(shape.parameters / parameters)) < Math.log(1.6));
});

Deno.test("the configuration is one that training reads", () => {
  const { config, chosen } = PLAN;
  assertEquals(parseRunConfig(stringifyRunConfig(config), "run.yaml"), config);
  const { batch, accumulation, context, budget, steps } = config.train;
  assertEquals(
    batch * accumulation * context * chosen.steps,
    chosen.tokens,
  );
  assertEquals([budget, steps], [3600, null]);
  assertEquals(config.memory.limit, 8e9);
  assert(config.schedule.warmup < chosen.steps / 4);
});

Deno.test("what was decided stays, and the rest is planned around it", () => {
  const yaml = "train: { context: 256, batch: 12 }\n" +
    "optimizer: { learning_rate: 2e-4, beta2: 0.99 }\n" +
    "schedule: { kind: cosine }\nevaluate: { every: 7 }";
  const { config: base, given } = parseGivenConfig(yaml, "run.yaml", {
    "memory.limit": "1GB",
    "train.steps": "5",
  });
  const plan = planned({ base, given });
  const { config, chosen } = plan;
  assertEquals(config.train.batch, 12);
  assertEquals(chosen.sequences, 12 * config.train.accumulation);
  assertEquals(chosen.tokens, chosen.steps * chosen.sequences * 256);
  assertEquals(config.optimizer.learning_rate, 2e-4);
  assertEquals(chosen.learningRate, 2e-4);
  assertEquals(config.optimizer.beta2, 0.99);
  assertEquals(config.optimizer.minimum_learning_rate, 0);
  assertEquals(config.schedule.kind, "cosine");
  assertEquals(config.schedule.decay, PLAN.config.schedule.decay);
  assertEquals(config.evaluate.every, 7);
  // Questions to the plan, not answers.
  assertEquals(config.memory.limit, 8e9);
  assertEquals(config.train.steps, null);
  assert(
    explainPlan({ ...QUESTION, base, given }, plan).join(" ").includes(
      "as far as they are not given",
    ),
  );

  const halves = parseGivenConfig("train: { accumulation: 4 }", "run.yaml");
  const cut = planned({
    base: { ...base, train: { ...base.train, accumulation: 4 } },
    given: halves.given,
  }).config.train;
  assertEquals(cut.accumulation, 4);
});

Deno.test("a batch that grows is planned for", () => {
  const plan = (ramp: string) => {
    const { config: base, given } = parseGivenConfig("", "run.yaml", {
      "train.context": String(QUESTION.base.train.context),
      "train.accumulation": "4",
      "train.batch_ramp": ramp,
    });
    return planned({ base, given });
  };
  const { chosen, config } = plan("0.5");
  assertEquals([config.train.accumulation, config.train.batch_ramp], [4, 0.5]);
  const ramp = new BatchRamp(config.train, chosen.steps);
  assertEquals(chosen.tokens, ramp.tokens);
  // The same time, spent on about the same tokens in more steps.
  const plain = plan("0").chosen;
  const tokensPerStep = chosen.tokens / chosen.steps;
  assertAlmostEquals(chosen.tokens / plain.tokens, 1, 0.02);
  assertAlmostEquals(
    tokensPerStep / (chosen.sequences * config.train.context),
    1 - 0.5 * 3 / 8,
    1 / chosen.steps,
  );
});

Deno.test("the time before the first step is taken off", () => {
  const late = planned({ startSeconds: 1800 });
  assertAlmostEquals(late.chosen.tokens / PLAN.chosen.tokens, 0.6, 0.25);
  assertEquals(late.chosen.seconds, 3600);
});

Deno.test("later use makes the model smaller and its training longer", () => {
  const { chosen } = planned({ inferenceTokens: 1e12 });
  assert(chosen.shape.parameters < PLAN.chosen.shape.parameters);
  assert(chosen.tokens > PLAN.chosen.tokens);
});

Deno.test("a short text raises the predicted loss, and is said to be short", () => {
  const question = { ...QUESTION, uniqueTokens: 2e6 };
  const plan = planRun(question);
  assert(plan.chosen.predictedLoss > PLAN.chosen.predictedLoss);
  const told = explainPlan(question, plan).join(" ");
  assert(/gone through .* More text would help most/.test(told), told);
});

Deno.test("memory bounds the choice, and what does not fit is said to", () => {
  const { chosen } = PLAN;
  const limit = 12 * chosen.shape.parameters;
  const plan = planned({ memory: limit });
  assert(plan.memoryBound);
  assert(plan.chosen.fit.peakBytes <= limit);
  assert(plan.chosen.shape.parameters < chosen.shape.parameters);
  assert(plan.candidates.some(({ fit }) => fit === undefined));
});

Deno.test("more time on the same device means a larger model and more tokens", () => {
  const { chosen } = planned({ seconds: 4 * 3600 });
  assert(chosen.shape.parameters > PLAN.chosen.shape.parameters);
  assert(chosen.tokens > PLAN.chosen.tokens);
  assertAlmostEquals(
    Math.log(chosen.tokens / PLAN.chosen.tokens) / Math.log(4),
    0.5,
    0.25,
  );
});

Deno.test("a model that has no time for its steps gives way to a smaller one", () => {
  // Of such a law the largest model is the best, however few its tokens.
  const large = { ...law, A: 1e9 };
  const slow = planningDevice("1e9");
  const { chosen } = planned({ seconds: 60, device: slow, law: large });
  assert(chosen.steps >= 20 && chosen.steps < 100, `${chosen.steps} steps`);
});

Deno.test("nonsense is refused with what would do", () => {
  for (
    const [changes, message] of [
      [{ seconds: 10 * 365 * 86_400 }, "at most a year"],
      [{ seconds: 0.001 }, "too short"],
      [{ memory: 1e5 }, "the smallest one takes"],
      [{ uniqueTokens: 100 }, "at least 10000 different ones"],
    ] as const
  ) {
    assertThrows(() => planned(changes), InputError, message);
  }
});
