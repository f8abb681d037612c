import { InputError } from "../../data/input_error.ts";
import { formatDuration } from "../../data/format.ts";
import { BatchRamp } from "../train/batch_ramp.ts";
import type { MeasuredDevice } from "./measured_device.ts";
import type { ModelShape } from "./model_shape.ts";
import { plannedRecipe } from "./planned_recipe.ts";
import { stepRate } from "./step_rate.ts";
import { type SweepQuestion, sweepShapes } from "./sweep_plan.ts";

/** Amounts of training of a sweep, each `factor` times the one before. */
const BUDGETS = { count: 3, factor: 4 };
/** Seconds that each run takes besides training, assumed: compiling, tuning. */
const START_SECONDS = 5;
/** A forward pass, which measures a held-out token, is a third of training. */
const FORWARD_SHARE = 1 / 3;
/** Least and greatest amount that is thought of. */
const RANGE = { least: 1e8, most: 1e24 };
const HALVINGS = 40;
/** Rounds of timing models, guessing amounts and finding other models. */
const MOST_ROUNDS = 3;

/** What the amounts depend on. */
export interface SweepTime {
  /** Time for the whole sweep, in seconds. */
  readonly seconds: number;
  /** Models and law; the grid's own budgets are not read. */
  readonly question: Pick<
    SweepQuestion,
    "grid" | "shapes" | "uniqueTokens" | "base" | "given" | "batchLaw"
  >;
  /** The device. */
  readonly device: Pick<
    MeasuredDevice,
    "rate" | "updateTokens" | "knows" | "measure"
  >;
  /** Told of a model before it is timed. */
  readonly onMeasure?: (shape: ModelShape) => void;
}

/**
 * Three amounts of training, each four times the one before, that fill a time
 * on a device. The smallest, the middle and the largest model of the sweep are
 * timed; others are taken to lie between.
 *
 * @param time Time, models and device.
 * @returns Floating-point operations, ascending, in two digits.
 * @throws {InputError} If the time is too short for any sweep.
 */
export async function sweepBudgets(time: SweepTime): Promise<number[]> {
  const { device, onMeasure } = time;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { shapes } = fillTime(time);
    const unknown = shapes.filter((shape) => !device.knows(shape));
    if (unknown.length === 0) break;
    for (const shape of unknown) {
      onMeasure?.(shape);
      await device.measure(shape);
    }
  }
  return fillTime(time).budgets;
}

/** The amounts by the rates known so far, and the models to be timed for them. */
function fillTime(
  { seconds, question, device }: SweepTime,
): { budgets: number[]; shapes: ModelShape[] } {
  const { train } = question.base;
  const heldOut = FORWARD_SHARE * question.base.evaluate.tokens;
  const timeOf = (most: number) =>
    budgetsUpTo(most).reduce((sum, budget) => {
      const [, shapes] = sweepShapes(question, budget);
      return [...shapes].reduce((partial, shape) => {
        const tokens = budget / shape.flopsPerToken;
        const { sequences } = plannedRecipe(question, shape, tokens);
        const stepTokens = sequences * train.context * BatchRamp.share(train);
        return partial + START_SECONDS +
          budget / stepRate(device, shape, stepTokens) +
          heldOut * shape.flopsPerToken / device.rate(shape);
      }, sum);
    }, 0);
  let [low, high] = [Math.log(RANGE.least), Math.log(RANGE.most)];
  if (timeOf(RANGE.least) > seconds) {
    throw new InputError(
      `Cannot sweep in ${formatDuration(seconds)}: starting its runs alone ` +
        "takes longer; raise --budget, or lower --sizes",
    );
  }
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (timeOf(Math.exp(middle)) <= seconds) low = middle;
    else high = middle;
  }
  const budgets = budgetsUpTo(Math.exp(low));
  const sorted = budgets.flatMap((budget) => {
    const [middle, all] = sweepShapes(question, budget);
    return [middle, ...all];
  }).sort((a, b) => a.parameters - b.parameters);
  const shapes = [0, 0.5, 1].map((share) =>
    sorted[Math.round(share * (sorted.length - 1))]
  );
  return { budgets, shapes: [...new Set(shapes)] };
}

function budgetsUpTo(most: number): number[] {
  const { count, factor } = BUDGETS;
  return Array.from(
    { length: count },
    (_, i) => Number((most / factor ** (count - 1 - i)).toPrecision(2)),
  );
}
