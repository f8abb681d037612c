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
  /** Steps' batches that are left out, because training broke on them. */
  readonly skipped: readonly BatchPlace[];
}

/** Where in the data a step's batches begin. */
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
  const field = (object: unknown, key: string): unknown =>
    typeof object === "object" && object !== null
      ? Reflect.get(object, key)
      : undefined;
  const loader = field(json, "loader");
  const order = field(loader, "order");
  const orderNumber = (key: string): number =>
    number(field(order, key), `loader.order.${key}`, true);
  const best = field(json, "best") ?? null;
  // Earlier versions wrote none: their runs keep the steps they have.
  const budget = field(json, "budget") ?? null;
  const pace = field(budget, "pace");
  const skipped = field(json, "skipped") ?? [];
  return {
    step: number(field(json, "step"), "step", true),
    tokens: number(field(json, "tokens"), "tokens", true),
    flops: number(field(json, "flops"), "flops", false),
    seconds: number(field(json, "seconds"), "seconds", false),
    loader: {
      epoch: number(field(loader, "epoch"), "loader.epoch", true),
      position: number(field(loader, "position"), "loader.position", true),
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
      step: number(field(best, "step"), "best.step", true),
      loss: number(field(best, "loss"), "best.loss", false),
    },
    budget: budget === null ? null : {
      spent: number(field(budget, "spent"), "budget.spent", false),
      pace: {
        from: number(field(pace, "from"), "budget.pace.from", true),
        position: number(
          field(pace, "position"),
          "budget.pace.position",
          false,
        ),
        steps: number(field(pace, "steps"), "budget.pace.steps", true),
      },
    },
    skipped: (Array.isArray(skipped) ? skipped : [skipped]).map((place) => ({
      epoch: number(field(place, "epoch"), "skipped.epoch", true),
      position: number(field(place, "position"), "skipped.position", true),
    })),
  };
}

/** Whether the batches at a place of the data are left out. */
export function isSkipped(
  { skipped }: TrainingState,
  { epoch, position }: BatchPlace,
): boolean {
  return skipped.some((place) =>
    place.epoch === epoch && place.position === position
  );
}
