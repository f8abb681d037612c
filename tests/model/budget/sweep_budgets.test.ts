import { assert, assertEquals, assertRejects } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import {
  type ModelShape,
  modelShapes,
} from "../../../model/budget/model_shape.ts";
import { BATCH_LAWS } from "../../../model/budget/recipe_law.ts";
import { USUAL_LAW } from "../../../model/budget/scaling_law.ts";
import { sweepBudgets } from "../../../model/budget/sweep_budgets.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";

const question = {
  grid: { budgets: [], ratios: [0.25, 0.5, 1, 2, 4], law: USUAL_LAW },
  shapes: modelShapes({
    vocabSize: 257,
    context: 128,
    bosTokenId: null,
    eosTokenId: null,
  }),
  uniqueTokens: 1e10,
  base: parseRunConfig("train: { context: 128 }", "x.yaml"),
  batchLaw: BATCH_LAWS[0],
};

/** A device of one speed that says which models were timed. */
function deviceOf(rate: number) {
  const timed: ModelShape[] = [];
  return {
    timed,
    rate: () => timed.length > 0 ? rate : 10 * rate,
    updateTokens: () => 0,
    knows: (shape: ModelShape) => timed.includes(shape),
    measure(shape: ModelShape) {
      timed.push(shape);
      return Promise.resolve(true);
    },
  };
}

Deno.test("amounts of training fill the time, each four times the last", async () => {
  const rate = 1e11;
  const device = deviceOf(rate);
  const seconds = 7200;
  const budgets = await sweepBudgets({ seconds, question, device });
  assertEquals(budgets.length, 3);
  assert(budgets[1] / budgets[0] > 3.8 && budgets[1] / budgets[0] < 4.2);
  const training = budgets.reduce((sum, budget) => sum + 5 * budget / rate, 0);
  // The rest is starting and measuring.
  assert(training > 0.85 * seconds && training < seconds, String(training));
  assert(device.timed.length >= 3 && device.timed.length <= 9);
  const longer = await sweepBudgets({
    seconds: 10 * seconds,
    question,
    device,
  });
  assert(longer[2] / budgets[2] > 9.5 && longer[2] / budgets[2] < 12);
});

Deno.test("a time that starting the runs takes already is refused", async () => {
  await assertRejects(
    () => sweepBudgets({ seconds: 30, question, device: deviceOf(1e11) }),
    InputError,
    "Cannot sweep in 30 s",
  );
});
