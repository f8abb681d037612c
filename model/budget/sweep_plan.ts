import { formatCount } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { BatchRamp } from "../train/batch_ramp.ts";
import type { RunConfig } from "../train/run_config.ts";
import { keepGiven } from "./keep_given.ts";
import { lawParameters } from "./law_parameters.ts";
import type { MemoryPlanner } from "./memory_planner.ts";
import { closestShape, type ModelShape } from "./model_shape.ts";
import { trainedAs } from "./planned_config.ts";
import { plannedBatches, plannedRecipe } from "./planned_recipe.ts";
import type { BatchLaw } from "./recipe_law.ts";
import { predictLoss, type ScalingLaw } from "./scaling_law.ts";

/** Models of several sizes, each trained for the same amounts of arithmetic. */
export interface SweepGrid {
  /** Amounts of training, in floating-point operations each. */
  readonly budgets: readonly number[];
  /** Sizes, as multiples of the law's choice. */
  readonly ratios: readonly number[];
  /** The law that chooses the middle of each amount. */
  readonly law: ScalingLaw;
}

/** A run of a sweep. */
export interface SweepPoint {
  /** Name of its folder, such as `1e12-64x2`. */
  readonly name: string;
  /** C that it is to train for. */
  readonly budget: number;
  /** The model. */
  readonly shape: ModelShape;
  /** Whether it is what the law chooses for this amount of training. */
  readonly chosen: boolean;
  /** Optimizer steps. */
  readonly steps: number;
  /** Tokens trained on. */
  readonly tokens: number;
  /** Floating-point operations of its steps: the budget, but for rounding. */
  readonly flops: number;
  /** Loss by the law, in nats a token. */
  readonly predictedLoss: number;
  /** Highest learning rate. */
  readonly learningRate: number;
  /** Its run; the data is not named yet. */
  readonly config: RunConfig;
}

/** What the points of a sweep are planned from. */
export interface SweepQuestion {
  /** The sizes and amounts. */
  readonly grid: SweepGrid;
  /** Models to choose from, ascending. */
  readonly shapes: readonly ModelShape[];
  /** What a plan leaves as it is. */
  readonly base: RunConfig;
  /** Dotted keys of the base that somebody decided. @default none */
  readonly given?: ReadonlySet<string>;
  /** Answers how much memory a model takes. */
  readonly memoryPlanner: MemoryPlanner;
  /** Most bytes on the device; null where nobody knows. */
  readonly memory: number | null;
  /** Different tokens that there are to learn from. */
  readonly uniqueTokens: number;
  /** How the batch is derived. */
  readonly batchLaw: BatchLaw;
}

/** A run of fewer steps teaches nothing. */
const FEWEST_STEPS = 20;

/**
 * The runs of a sweep: for each amount of training the model that the law
 * chooses for it, and models around that in size; each trained by the recipe
 * that a plan would give it.
 *
 * @param question What to plan from.
 * @returns Runs by amount of training, then by size; and what had to be left
 * out, a line each.
 * @throws {InputError} If no run is left of an amount.
 */
export function planSweep(
  question: SweepQuestion,
): { points: SweepPoint[]; notices: string[] } {
  const { grid } = question;
  const notices: string[] = [];
  const points = grid.budgets.toSorted((a, b) => a - b).flatMap((budget) => {
    const [middle, shapes] = sweepShapes(question, budget);
    const kept: SweepPoint[] = [];
    for (const shape of shapes) {
      const point = pointOf(question, shape, budget, shape === middle);
      if (typeof point === "string") notices.push(point);
      else kept.push(point);
    }
    if (kept.length === 0) {
      throw new InputError(
        `Cannot sweep at ${formatBudget(budget)} FLOP: ` +
          `${notices.at(-1) ?? "no size was asked for"}`,
      );
    }
    if (shapes.size < grid.ratios.length) {
      notices.push(
        `${formatBudget(budget)} FLOP: ${shapes.size} sizes instead of ` +
          `${grid.ratios.length}; there is no model of each, from ` +
          `${formatCount(question.shapes[0].parameters, "parameters")} up`,
      );
    }
    return kept.sort((a, b) => a.shape.parameters - b.shape.parameters);
  });
  return { points, notices };
}

/**
 * The models that a sweep trains for an amount of training.
 *
 * @param question Models to choose from, law and sizes.
 * @param budget Floating-point operations.
 * @returns What the law chooses, as for a plan among models that exist and by
 * their real arithmetic; and the models of all sizes, each once.
 */
export function sweepShapes(
  { grid, shapes, uniqueTokens }: Pick<
    SweepQuestion,
    "grid" | "shapes" | "uniqueTokens"
  >,
  budget: number,
): [middle: ModelShape, all: ReadonlySet<ModelShape>] {
  const loss = (shape: ModelShape) =>
    predictLoss(
      grid.law,
      lawParameters(shape, grid.law),
      budget / shape.flopsPerToken,
      uniqueTokens,
    );
  const middle = shapes.reduce((a, b) => loss(b) < loss(a) ? b : a);
  const all = grid.ratios.map((ratio) =>
    closestShape(shapes, ratio * middle.parameters)
  );
  return [middle, new Set(all)];
}

/** One run, or why there is none. */
function pointOf(
  question: SweepQuestion,
  shape: ModelShape,
  budget: number,
  chosen: boolean,
): SweepPoint | string {
  const { base, given, grid, memoryPlanner, memory, uniqueTokens } = question;
  const { context } = base.train;
  const name = `${formatBudget(budget)}-${shape.width}x${shape.layers}`;
  const { sequences, learningRate } = plannedRecipe(
    question,
    shape,
    budget / shape.flopsPerToken,
  );
  const stepFlops = sequences * context * shape.flopsPerToken;
  const steps = Math.round(budget / stepFlops / BatchRamp.share(base.train));
  if (steps < FEWEST_STEPS) {
    return `${name} is left out: ${steps} steps are too few to teach anything`;
  }
  const fit = memoryPlanner.fit(
    shape,
    sequences,
    memory ?? Infinity,
    plannedBatches(question, sequences),
  );
  if (!fit) return `${name} is left out: it does not fit the memory`;
  const trained = keepGiven(
    trainedAs(base, { shape, steps, learningRate, fit }),
    base,
    given ?? new Set(),
  );
  const { tokens } = new BatchRamp(trained.train, steps);
  return {
    name,
    budget,
    shape,
    chosen,
    steps,
    tokens,
    flops: tokens * shape.flopsPerToken,
    learningRate,
    predictedLoss: predictLoss(
      grid.law,
      lawParameters(shape, grid.law),
      tokens,
      uniqueTokens,
    ),
    config: {
      ...trained,
      train: { ...trained.train, steps, budget: null },
      evaluate: { ...base.evaluate, every: 0 },
      sample: { ...base.sample, prompts: [] },
      checkpoint: { every: 0, keep: 1, best: false },
      memory: { ...base.memory, limit: memory },
    },
  };
}

/**
 * An amount of training in few characters, as `1.6e13`.
 *
 * @param flops Floating-point operations.
 */
export function formatBudget(flops: number): string {
  return Number(flops.toPrecision(4)).toExponential().replace("+", "");
}
