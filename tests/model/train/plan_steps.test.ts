import { assertEquals } from "@std/assert";
import { planSteps } from "../../../model/train/plan_steps.ts";
import { tinyConfig } from "../tiny_run.ts";

const SPEED = { step: 0.01, evaluation: 0.004, token: 0.002 };

Deno.test("steps fill the time that evaluations, samples and saving leave", () => {
  const plan = (
    overrides: Record<string, string>,
    secondsLeft = 10,
    exerciseRows = 0,
  ) =>
    planSteps({
      config: tinyConfig("text.txt", overrides),
      speed: SPEED,
      secondsLeft,
      exerciseRows,
    });
  // At the end two micro-batches of evaluation and half a second of saving.
  assertEquals(plan({}), Math.floor((10 - 0.508) / 0.01));
  // Every 10 steps 8 ms of evaluation and, with the best kept, a checkpoint.
  assertEquals(
    plan({ "evaluate.every": "10" }),
    Math.floor((10 - 0.508) / (0.01 + 0.0508)),
  );
  assertEquals(
    plan({ "evaluate.every": "10", "checkpoint.best": "false" }),
    Math.floor((10 - 0.508) / (0.01 + 0.0008)),
  );
  assertEquals(
    plan({ "checkpoint.every": "50" }),
    Math.floor((10 - 0.508) / (0.01 + 0.01)),
  );
  const samples = { "sample.prompts": "[a, b]", "sample.tokens": "100" };
  assertEquals(plan(samples), Math.floor((10 - 0.908) / 0.01));
  assertEquals(
    plan({ ...samples, "sample.every": "40" }),
    Math.floor((10 - 0.908) / (0.01 + 0.01)),
  );
  // 101 rows are 26 micro-batches of 4.
  assertEquals(plan({}, 10, 101), Math.floor((10 - 0.508 - 0.104) / 0.01));
});

Deno.test("steps of a growing batch take less time, but for the update", () => {
  const config = tinyConfig("text.txt", {
    "train.accumulation": "4",
    "train.batch_ramp": "0.8",
  });
  const plan = (update?: number) =>
    planSteps({
      config,
      speed: SPEED,
      secondsLeft: 10,
      exerciseRows: 0,
      ...(update === undefined ? {} : { update }),
    });
  // A fifth of the run has four micro-batches, the rest 2.5 in the mean.
  assertEquals(plan(), Math.floor((10 - 0.508) / (0.01 * 0.7)));
  assertEquals(plan(0.5), Math.floor((10 - 0.508) / (0.01 * 0.85)));
  assertEquals(plan(1), Math.floor((10 - 0.508) / 0.01));
});

Deno.test("however little time there is, one step is taken", () => {
  for (const secondsLeft of [0.1, 0, -5]) {
    const config = tinyConfig("text.txt");
    assertEquals(
      planSteps({ config, speed: SPEED, secondsLeft, exerciseRows: 0 }),
      1,
    );
  }
});
