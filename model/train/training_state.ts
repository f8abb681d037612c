import { fieldOf } from "../../data/field_of.ts";
import { InputError } from "../../data/input_error.ts";
import type { LoaderState } from "../../data/loader.ts";
import type { SchedulePace } from "./schedule.ts";

/** What, besides weights and moments, a run needs to go on. */
export interface TrainingState {
  /** Optimizer steps taken. */
  readonly step: number;
  /** Tokens learnt from. */
  readonly tokens: number;
  /** Floating-point operations spent. */
  readonly flops: number;
  /** Seconds of training. */
  readonly seconds: number;
  /** Place in the data. */
  readonly loader: LoaderState;
  /** Lowest validation loss so far and its step. */
  readonly best: { readonly step: number; readonly loss: number } | null;
  /**
   * Of a run that is to end within a time: seconds of it that have passed, and
   * where its schedule stands. Null for a run of a given number of steps.
   */
  readonly budget: {
    readonly spent: number;
    readonly pace: SchedulePace;
  } | null;
  /** Micro-batches that are left out, because training broke on them. */
  readonly skipped: readonly BatchPlace[];
}

/** Where in the data a micro-batch begins. */
export type BatchPlace = Pick<LoaderState, "epoch" | "position">;

/**
 * The state of a run before its first step.
 *
 * @param loader Place in the data.
 * @param pace How a run with a budget goes through its schedule.
 */
export function freshState(
  loader: LoaderState,
  pace: SchedulePace | undefined,
): TrainingState {
  return {
    step: 0,
    tokens: 0,
    flops: 0,
    seconds: 0,
    loader,
    best: null,
    budget: pace ? { spent: 0, pace } : null,
    skipped: [],
  };
}

/**
 * Reads a checkpoint's `state.json`.
 *
 * @param text The file's text, from the outside.
 * @param source The file's name, for messages.
 * @throws {InputError} if it is no JSON, or a number is missing or impossible.
 */
export function parseTrainingState(
  text: string,
  source: string,
): TrainingState {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `${source}: not JSON; the checkpoint is damaged, resume from another`,
      { cause: error },
    );
  }
  const number = (value: unknown, key: string, integer: boolean): number => {
    const fits = typeof value === "number" && value >= 0 &&
      (integer ? Number.isSafeInteger(value) : Number.isFinite(value));
    if (fits) return value;
    throw new InputError(
      `${source}: "${key}" is ${JSON.stringify(value)}; it must be ` +
        `${integer ? "an integer" : "a number"} of at least 0`,
    );
  };
  const loader = fieldOf(json, "loader");
  const order = fieldOf(loader, "order");
  const orderNumber = (key: string): number =>
    number(fieldOf(order, key), `loader.order.${key}`, true);
  const best = fieldOf(json, "best") ?? null;
  // Earlier versions wrote none: their runs keep the steps they have.
  const budget = fieldOf(json, "budget") ?? null;
  const pace = fieldOf(budget, "pace");
  const skipped = fieldOf(json, "skipped") ?? [];
  return {
    step: number(fieldOf(json, "step"), "step", true),
    tokens: number(fieldOf(json, "tokens"), "tokens", true),
    flops: number(fieldOf(json, "flops"), "flops", false),
    seconds: number(fieldOf(json, "seconds"), "seconds", false),
    loader: {
      epoch: number(fieldOf(loader, "epoch"), "loader.epoch", true),
      position: number(fieldOf(loader, "position"), "loader.position", true),
      // Earlier versions did not write it.
      ...(order === undefined ? {} : {
        order: {
          sequenceLength: orderNumber("sequenceLength"),
          tokenCount: orderNumber("tokenCount"),
          seed: orderNumber("seed"),
        },
      }),
    },
    best: best === null ? null : {
      step: number(fieldOf(best, "step"), "best.step", true),
      loss: number(fieldOf(best, "loss"), "best.loss", false),
    },
    budget: budget === null ? null : {
      spent: number(fieldOf(budget, "spent"), "budget.spent", false),
      pace: {
        from: number(fieldOf(pace, "from"), "budget.pace.from", true),
        position: number(
          fieldOf(pace, "position"),
          "budget.pace.position",
          false,
        ),
        steps: number(fieldOf(pace, "steps"), "budget.pace.steps", true),
      },
    },
    skipped: (Array.isArray(skipped) ? skipped : [skipped]).map((place) => ({
      epoch: number(fieldOf(place, "epoch"), "skipped.epoch", true),
      position: number(fieldOf(place, "position"), "skipped.position", true),
    })),
  };
}

/** Whether the micro-batch at a place of the data is left out. */
export function isSkipped(
  { skipped }: Pick<TrainingState, "skipped">,
  { epoch, position }: BatchPlace,
): boolean {
  return skipped.some((place) =>
    place.epoch === epoch && place.position === position
  );
}
