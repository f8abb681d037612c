import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import type { GivenConfig } from "../train/parse_run_config.ts";
import { MemoryPlanner } from "./memory_planner.ts";
import { modelShapes } from "./model_shape.ts";
import { plannedIngredients } from "./planned_ingredients.ts";
import type { PlanningDevice } from "./planning_device.ts";
import type { PlanQuestion } from "./run_plan.ts";

/** Context of the models on the ladder, by the seconds of the run. */
const CONTEXTS: readonly (readonly [seconds: number, context: number])[] = [
  [600, 128],
  [6 * 3600, 256],
  [Infinity, 1024],
];

/** A question that the planner answers for any device. */
export type OpenQuestion = Omit<
  PlanQuestion,
  "base" | "given" | "device" | "memoryPlanner" | "shapes"
>;

/**
 * Puts a question to the planner: models of the tokenizer's vocabulary, and
 * what the run leaves open filled in.
 *
 * @param base The run as it was given; where it names no context, it gets one
 * that suits the time (see {@linkcode planningBase}).
 * @param tokenizer Its tokenizer.
 * @param device The device; its memory bounds the plan where nothing else does.
 * @param question The rest.
 */
export function askPlan(
  { config: base, given }: GivenConfig,
  tokenizer: Pick<Tokenizer, "vocabSize" | "beginOfText" | "endOfText">,
  device: PlanningDevice,
  question: OpenQuestion,
): PlanQuestion {
  const { vocabSize, beginOfText, endOfText } = tokenizer;
  return {
    ...question,
    memory: question.memory ?? device.memoryBytes,
    base,
    given,
    device,
    shapes: modelShapes({
      vocabSize,
      context: base.train.context,
      bosTokenId: beginOfText,
      eosTokenId: endOfText,
    }, plannedIngredients(base.model)),
    memoryPlanner: new MemoryPlanner(device.capabilities, base, vocabSize),
  };
}

/**
 * A run to plan for, with a context that suits its time unless it names one:
 * short runs learn little from what stands far back.
 *
 * @param run The run as it was given.
 * @param seconds Its time.
 */
export function planningBase(
  { config, given }: GivenConfig,
  seconds: number,
): GivenConfig {
  if (given.has("train.context")) return { config, given };
  const context = CONTEXTS.find(([most]) => seconds <= most)?.[1] ?? 1024;
  return { config: { ...config, train: { ...config.train, context } }, given };
}
