import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { askPlan, planningBase } from "../budget/ask_plan.ts";
import { MeasuredDevice } from "../budget/measured_device.ts";
import { measureChoice } from "../budget/measure_choice.ts";
import type { ModelShape } from "../budget/model_shape.ts";
import { planRun } from "../budget/plan_run.ts";
import { BATCH_LAWS } from "../budget/recipe_law.ts";
import type { PlanQuestion, RunPlan } from "../budget/run_plan.ts";
import type { ScalingLaw } from "../budget/scaling_law.ts";
import { quickTuningSeconds } from "../tune/run_variants.ts";
import { speedSeconds } from "./measure_speed.ts";
import type { GivenConfig } from "./parse_run_config.ts";

/** Seconds that compiling a program takes, assumed. */
const COMPILE_SECONDS = 3;

/** How far planning is. */
export type PlanProgress =
  | {
    /** A model is about to be timed. */
    readonly type: "measuring";
    /** The model. */
    readonly shape: ModelShape;
  }
  | {
    /** The decision has been made. */
    readonly type: "planned";
    /** What was planned for. */
    readonly question: PlanQuestion;
    /** What was decided. */
    readonly plan: RunPlan;
  };

/** What a run with a budget is planned from. */
export interface BudgetQuestion {
  /** The run, and which of its keys the plan leaves alone. */
  readonly run: GivenConfig;
  /** The budget, in seconds. */
  readonly seconds: number;
  /** Seconds of it that have passed by now. */
  elapsed(): number;
  /** The run's tokenizer. */
  readonly tokenizer: Tokenizer;
  /** Different tokens to learn from. */
  readonly uniqueTokens: number;
  /** Law that the model is chosen by. */
  readonly law: ScalingLaw;
  /** Told how far it is. */
  onPlan?(progress: PlanProgress): void;
}

/**
 * Chooses the model of a run, its batch and its schedule for the time that it
 * has, by real steps on its device (see {@linkcode planRun}). What measuring
 * took, and what the start will still take, is taken off the time.
 *
 * @param gpu The device.
 * @param budget The run and its budget.
 * @returns The question and the answer; the answer has the run's configuration.
 * @throws {InputError} If time, memory or text are too little for any model.
 */
export async function planBudget(
  gpu: Gpu,
  budget: BudgetQuestion,
): Promise<{ question: PlanQuestion; plan: RunPlan }> {
  const { seconds, elapsed, tokenizer, uniqueTokens, law, onPlan } = budget;
  const base = planningBase(budget.run, seconds);
  const { config } = base;
  const ahead = COMPILE_SECONDS + 3 * speedSeconds(seconds) +
    (config.train.tune === "quick" ? quickTuningSeconds(seconds) : 0);
  const device = await MeasuredDevice.of(gpu, config, tokenizer.vocabSize);
  const first = askPlan(base, tokenizer, device, {
    seconds,
    startSeconds: elapsed() + ahead,
    memory: config.memory.limit,
    law,
    inferenceTokens: 0,
    uniqueTokens,
    batchLaw: BATCH_LAWS[0],
  });
  await measureChoice(
    device,
    first,
    (shape) => onPlan?.({ type: "measuring", shape }),
  );
  const question = { ...first, startSeconds: elapsed() + ahead };
  const plan = planRun(question);
  onPlan?.({ type: "planned", question, plan });
  return { question, plan };
}
