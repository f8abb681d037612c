import { BatchRamp } from "../train/batch_ramp.ts";
import { planSteps } from "../train/plan_steps.ts";
import type { RunConfig } from "../train/run_config.ts";
import { keepGiven } from "./keep_given.ts";
import type { MemoryFit } from "./memory_planner.ts";
import type { ModelShape } from "./model_shape.ts";
import type {
  FittingCandidate,
  PlanCandidate,
  PlanQuestion,
} from "./run_plan.ts";

/** Evaluations over a run. */
const EVALUATIONS = 10;
/** Share of the tokens that one evaluation reads. */
const EVALUATED_SHARE = 0.005;
/** Most tokens of an evaluation: beyond, the mean no longer moves. */
const MOST_EVALUATED = 2 ** 20;
/** Seconds between checkpoints; shorter runs write one, at the end. */
const CHECKPOINT_SECONDS = 1800;
/**
 * Steps that the learning rate grows over: a share of all, but no fewer than
 * let the moments settle, which takes a larger share of short runs. A run of 520
 * steps and 124 k parameters ended at a loss of 1.63 after 10 such steps and at
 * 1.25 after 100.
 */
const WARMUP = { share: 0.02, least: 100, most: 2000, mostShare: 0.2 };
/** Seconds of a generated token, assumed: the launches of a small model. */
const TOKEN_SECONDS = 0.01;

/** What a run is trained as. */
export type PlannedModel =
  & Pick<PlanCandidate, "shape" | "steps" | "learningRate">
  & { readonly fit: Pick<MemoryFit, "batch" | "accumulation"> };

/**
 * The configuration of a planned run, as `train` takes it.
 *
 * @param question What was planned for.
 * @param chosen The choice.
 */
export function runConfigOf(
  question: PlanQuestion,
  chosen: FittingCandidate,
): RunConfig {
  const { base, seconds, memory, given = new Set() } = question;
  const { steps, fit } = chosen;
  const often = cadence(question, {
    steps,
    tokensPerStep: chosen.sequences * base.train.context,
    batch: fit.batch,
  });
  const planned = trainedAs(often, chosen);
  const decided: RunConfig = {
    ...planned,
    // The device decides when it trains: schedules follow the budget.
    train: { ...planned.train, budget: seconds, steps: null },
    memory: { ...base.memory, limit: memory },
  };
  return keepGiven(decided, base, given);
}

/**
 * A configuration with the model of a plan and the recipe to train it by.
 *
 * @param base What the plan leaves as it is.
 * @param model The model, how its steps are cut, how many there are.
 */
export function trainedAs(
  base: RunConfig,
  { shape, steps, learningRate, fit }: PlannedModel,
): RunConfig {
  return {
    ...base,
    model: shape.section,
    train: {
      ...base.train,
      batch: fit.batch,
      accumulation: fit.accumulation,
    },
    optimizer: { ...base.optimizer, learning_rate: learningRate },
    schedule: { ...base.schedule, warmup: warmupSteps(steps) },
  };
}

function warmupSteps(steps: number): number {
  const { share, least, most, mostShare } = WARMUP;
  const wanted = Math.min(most, Math.max(least, share * steps));
  return Math.round(Math.min(wanted, mostShare * steps));
}

/**
 * Steps that a time allows, after evaluations, samples and checkpoints, and
 * their tokens.
 *
 * @param of Model, sequences of a step, FLOP/s and seconds.
 */
export function lengthOf(
  { shape, sequences, rate, secondsLeft, question, fit }: {
    readonly shape: ModelShape;
    readonly sequences: number;
    readonly rate: number;
    readonly secondsLeft: number;
    readonly question: PlanQuestion;
    readonly fit: MemoryFit | undefined;
  },
): { steps: number; tokens: number } {
  const tokensPerStep = sequences * question.base.train.context;
  const step = tokensPerStep * shape.flopsPerToken / rate;
  const batch = fit?.batch ?? sequences;
  const roughly = Math.max(1, Math.floor(secondsLeft / step));
  const often = cadence(question, { steps: roughly, tokensPerStep, batch });
  const train = { ...often.train, accumulation: sequences / batch };
  const updateTokens = question.device.updateTokens(shape);
  const steps = planSteps({
    config: { ...often, train },
    update: updateTokens / (tokensPerStep + updateTokens),
    speed: {
      step,
      // A forward pass of one micro-batch is a third of its training.
      evaluation: step * batch / sequences / 3,
      token: TOKEN_SECONDS,
    },
    secondsLeft,
    exerciseRows: 0,
  });
  return { steps, tokens: new BatchRamp(train, steps).tokens };
}

/** The configuration with how often what is not training happens. */
function cadence(
  { base, seconds, given = new Set() }: PlanQuestion,
  { steps, tokensPerStep, batch }: {
    readonly steps: number;
    readonly tokensPerStep: number;
    readonly batch: number;
  },
): RunConfig {
  const microTokens = batch * base.train.context;
  const evaluated = EVALUATED_SHARE * steps * tokensPerStep;
  const often: RunConfig = {
    ...base,
    train: { ...base.train, batch },
    evaluate: {
      every: Math.max(1, Math.ceil(steps / EVALUATIONS)),
      tokens: Math.max(
        microTokens,
        Math.round(Math.min(MOST_EVALUATED, evaluated)),
      ),
    },
    checkpoint: {
      ...base.checkpoint,
      every: seconds < 2 * CHECKPOINT_SECONDS
        ? 0
        : Math.max(1, Math.ceil(steps * CHECKPOINT_SECONDS / seconds)),
    },
  };
  return keepGiven(often, base, given);
}
