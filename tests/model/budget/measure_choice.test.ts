import { assert, assertEquals } from "@std/assert";
import { askPlan, planningBase } from "../../../model/budget/ask_plan.ts";
import { measureChoice } from "../../../model/budget/measure_choice.ts";
import type { ModelShape } from "../../../model/budget/model_shape.ts";
import { planningDevice } from "../../../model/budget/planning_device.ts";
import type { PlanQuestion } from "../../../model/budget/run_plan.ts";
import { USUAL_LAW } from "../../../model/budget/scaling_law.ts";
import { parseGivenConfig } from "../../../model/train/parse_run_config.ts";

/**
 * A device on which each model turns out four times as fast as the one before,
 * so that every measurement changes the choice.
 */
class Surprising {
  readonly measured: ModelShape[] = [];
  readonly question: PlanQuestion;
  #rate = 1e9;

  constructor(seconds: number) {
    const base = planningBase(parseGivenConfig("", "run.yaml"), seconds);
    const tokenizer = { vocabSize: 257, beginOfText: 256, endOfText: 256 };
    const device = { ...planningDevice("1e9"), rate: () => this.#rate };
    this.question = askPlan(base, tokenizer, device, {
      seconds,
      memory: null,
      law: USUAL_LAW,
      inferenceTokens: 0,
      uniqueTokens: null,
      batchLaw: "steplaw",
    });
  }

  knows(shape: ModelShape): boolean {
    return this.measured.includes(shape);
  }

  async measure(shape: ModelShape): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.measured.push(shape);
    this.#rate *= 4;
    return true;
  }
}

Deno.test("models are timed until the chosen one was, three at most", async () => {
  const device = new Surprising(86_400);
  const told: ModelShape[] = [];
  const plan = await measureChoice(
    device,
    device.question,
    (shape) => told.push(shape),
  );
  assertEquals(told, device.measured);
  assertEquals(device.measured.length, 3);
  const [first, second] = device.measured;
  assert(first.parameters < second.parameters);
  assert(plan.chosen.shape.parameters > second.parameters);

  // What is known needs no measurement.
  const again = new Surprising(86_400);
  again.measured.push(...again.question.shapes);
  await measureChoice(again, again.question);
  assertEquals(again.measured.length, again.question.shapes.length);
});

Deno.test("a model that does not fit the device ends the measuring", async () => {
  const device = new Surprising(86_400);
  const refusing = {
    knows: () => false,
    measure: () => Promise.resolve(false),
  };
  const { chosen } = await measureChoice(refusing, device.question);
  assert(chosen.steps > 0);
});

Deno.test("the context suits the time, unless it is given", () => {
  const contextOf = (text: string, seconds: number) =>
    planningBase(parseGivenConfig(text, "run.yaml"), seconds).config.train
      .context;
  assertEquals(
    [60, 3600, 86_400].map((seconds) => contextOf("", seconds)),
    [128, 256, 1024],
  );
  assertEquals(contextOf("train: { context: 64 }", 86_400), 64);
  // The default, but decided.
  assertEquals(contextOf("train: { context: 256 }", 60), 256);
});
