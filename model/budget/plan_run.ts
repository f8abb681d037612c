import { InputError } from "../../data/input_error.ts";
import { formatBytes, formatCount, formatDuration } from "../../data/format.ts";
import { allowedPolicies } from "../train/allowed_policies.ts";
import { checkBudget } from "./check_budget.ts";
import { computeOptimum } from "./compute_optimum.ts";
import { lawParameters } from "./law_parameters.ts";
import type { MemoryFit } from "./memory_planner.ts";
import { closestShape, type ModelShape } from "./model_shape.ts";
import { lengthOf, runConfigOf } from "./planned_config.ts";
import { plannedBatches, plannedRecipe } from "./planned_recipe.ts";
import type {
  FittingCandidate,
  PlanCandidate,
  PlanQuestion,
  RunPlan,
} from "./run_plan.ts";
import { predictLoss } from "./scaling_law.ts";
import { stepRate } from "./step_rate.ts";

/** Sizes shown beside the choice, as multiples of it. */
const AROUND = [1 / 4, 1 / 2, 1 / Math.SQRT2, 1, Math.SQRT2, 2, 4];
/** Time of opening, tuning and compiling, as a share of the run, assumed. */
const START_SHARE = 0.03;
/** A run of fewer steps teaches nothing. */
const FEWEST_STEPS = 20;
/** Different tokens below which there is nothing to learn a language from. */
const FEWEST_TOKENS = 10_000;

/**
 * Chooses the model that a time on a device is best spent on: every shape gets
 * the tokens that the time allows it, the law says the loss that it would
 * reach, and among those whose training fits the memory the lowest wins.
 *
 * @throws {InputError} If time, memory or text are too little for any model, or
 * the time is longer than a year.
 */
export function planRun(question: PlanQuestion): RunPlan {
  check(question);
  const { shapes, memory, memoryPlanner } = question;
  const score = scoreOf(question);
  const rough = shapes.map((shape) => candidate(question, shape));
  const ranked = rough.filter(hasTime)
    .map((each) => ({ shape: each.shape, rough: score(each) }))
    .sort((a, b) => a.rough - b.rough);
  if (ranked.length === 0) throw tooLittleTime(question, rough[0]);
  const limit = memory ?? Infinity;
  const evaluated = new Map<ModelShape, PlanCandidate>();
  const evaluate = (shape: ModelShape): PlanCandidate => {
    const known = evaluated.get(shape);
    if (known) return known;
    const rough = candidate(question, shape);
    const fit = memoryPlanner.fit(
      shape,
      rough.sequences,
      limit,
      plannedBatches(question, rough.sequences),
    );
    const exact = fit ? candidate(question, shape, fit) : rough;
    const scored = { ...exact, score: score(exact) };
    evaluated.set(shape, scored);
    return scored;
  };

  let smallestRefused = Infinity;
  const middle = ranked.find(({ shape }) => {
    // What a smaller model did not fit, a larger one will not either.
    if (shape.parameters >= smallestRefused) return false;
    if (evaluate(shape).fit) return true;
    smallestRefused = shape.parameters;
    return false;
  });
  if (!middle) throw tooLittleMemory(question);
  const shown = new Set(
    AROUND.map((times) =>
      times === 1
        ? middle.shape
        : closestShape(shapes, middle.shape.parameters * times)
    ),
  );
  const candidates = [...shown]
    .sort((a, b) => a.parameters - b.parameters)
    .map(evaluate);
  // Recomputation may have made the middle slower than a smaller neighbour.
  const trainable = candidates.filter(fits);
  const [first, ...others] = trainable.filter(hasTime);
  if (!first) throw tooLittleTime(question, trainable[0]);
  const chosen = others.reduce((a, b) => b.score < a.score ? b : a, first);
  return {
    chosen,
    candidates,
    memoryBound: evaluated.get(ranked[0].shape)?.fit === undefined,
    config: runConfigOf(question, chosen),
  };
}

function hasTime({ steps }: PlanCandidate): boolean {
  return steps >= FEWEST_STEPS;
}

function fits(candidate: PlanCandidate): candidate is FittingCandidate {
  return candidate.fit !== undefined;
}

/** What a model would come to; memory aside unless its fit is known. */
function candidate(
  question: PlanQuestion,
  shape: ModelShape,
  fit?: MemoryFit,
): PlanCandidate {
  const { seconds, device, base, law, uniqueTokens } = question;
  const { startSeconds = START_SHARE * seconds } = question;
  const { context } = base.train;
  const slowdown = fit?.slowdown ?? 1;
  const secondsLeft = Math.max(0, seconds - startSeconds);
  const possible = secondsLeft * device.rate(shape) / slowdown /
    shape.flopsPerToken;
  const { sequences, learningRate, held } = plannedRecipe(
    question,
    shape,
    possible,
  );
  const rate = stepRate(device, shape, sequences * context) / slowdown;
  const { steps, tokens } = lengthOf({
    shape,
    sequences,
    rate,
    secondsLeft,
    question,
    fit,
  });
  const predictedLoss = predictLoss(
    law,
    lawParameters(shape, law),
    tokens,
    uniqueTokens ?? Infinity,
  );
  return {
    shape,
    steps,
    tokens,
    predictedLoss,
    score: predictedLoss,
    seconds,
    fit,
    sequences,
    learningRate,
    held,
  };
}

/** The loss, and the price of use in units of it (see `computeOptimum`). */
function scoreOf(
  { law, inferenceTokens }: PlanQuestion,
): (candidate: PlanCandidate) => number {
  return ({ shape, tokens, predictedLoss }) => {
    if (inferenceTokens === 0) return predictedLoss;
    const { lossPerFlop } = computeOptimum(
      law,
      6 * shape.parameters * tokens,
      inferenceTokens,
    );
    return predictedLoss + lossPerFlop * 2 * shape.parameters * inferenceTokens;
  };
}

function check({ seconds, uniqueTokens, base }: PlanQuestion): void {
  checkBudget(seconds);
  const least = Math.max(FEWEST_TOKENS, 2 * base.train.context);
  if (uniqueTokens !== null && uniqueTokens < least) {
    throw new InputError(
      `Cannot plan a run on ${uniqueTokens} tokens: a model that is trained ` +
        `from nothing needs at least ${least} different ones; add text, or ` +
        "continue a model that has been trained",
    );
  }
}

function tooLittleMemory(
  { shapes, base, memory, memoryPlanner }: PlanQuestion,
): InputError {
  const [smallest] = shapes;
  const policies = allowedPolicies(base.memory.recompute, smallest.layers);
  const peaks = policies.map((policy) =>
    memoryPlanner.bytes(smallest, 1, policy).peakBytes
  );
  return new InputError(
    `No model trains in ${formatBytes(memory ?? 0)}: the smallest one takes ` +
      `${
        formatBytes(Math.min(...peaks))
      }; raise --memory, or lower the context`,
  );
}

function tooLittleTime(
  { seconds, device }: PlanQuestion,
  { shape, steps }: PlanCandidate,
): InputError {
  const rate = formatCount(device.rate(shape), "FLOP/s", true);
  return new InputError(
    `A budget of ${formatDuration(seconds)} is too short: at ${rate} it ` +
      `allows ${formatCount(shape.parameters, "parameters")} ${steps} steps, ` +
      `and ${FEWEST_STEPS} are the least that teach anything; raise --budget`,
  );
}
