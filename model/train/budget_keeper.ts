import type { BatchRamp } from "./batch_ramp.ts";
import type { RunConfig } from "./run_config.ts";
import { type RunCosts, stepsWithin, timeShare } from "./run_costs.ts";
import { type SchedulePace, schedulePosition } from "./schedule.ts";

/** Shares of the run after which its length is thought over. */
const MARKS = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98];
/** Steps whose time says something. */
const FEWEST_STEPS = 4;
/** Another number of steps is not worth it below this change. */
const LEAST_CHANGE = 0.002;

/** Changes of the number of steps beyond this share are worth a line. */
const TOLD_CHANGE = 0.02;

/** What a {@linkcode BudgetKeeper} begins with. */
export interface BudgetStart {
  /** The run; how often it evaluates, samples and saves. */
  readonly config: Pick<RunConfig, "evaluate" | "sample" | "checkpoint">;
  /** The budget, in seconds. */
  readonly seconds: number;
  /** Seconds of it that have passed. */
  elapsed(): number;
  /** Expected time of the run's parts. */
  readonly costs: RunCosts;
  /** Its batch: steps of fewer micro-batches take less time. */
  readonly ramp: BatchRamp;
  /** Steps of the schedule as it was planned. */
  readonly planned: number;
  /** Where the schedule stands. */
  readonly pace: SchedulePace;
}

/**
 * Keeps a run within its time: from what its parts have taken of late, it says
 * at some points of the run how many steps there are to be. Where the schedule
 * stands stays as it is; what is left of it is spread over the steps left.
 */
export class BudgetKeeper {
  readonly #start: BudgetStart;
  /** Seconds of the budget that had passed when training began. */
  readonly #began: number;
  #costs: RunCosts;
  #pace: SchedulePace;
  #mark: { step: number; time: number };
  #paused = 0;
  #share = 0;

  /**
   * Begins with the first step, or the first after the run was resumed.
   *
   * @param start What is known of the run.
   * @param step Steps taken so far.
   */
  constructor(start: BudgetStart, step: number) {
    this.#start = start;
    this.#began = start.elapsed();
    this.#costs = start.costs;
    this.#pace = start.pace;
    this.#mark = { step, time: this.#began };
  }

  /** Where the schedule stands. */
  get pace(): SchedulePace {
    return this.#pace;
  }

  /**
   * Notes what a part other than steps has taken.
   *
   * @param part The part.
   * @param seconds Its time.
   */
  pause(part: Exclude<keyof RunCosts, "step">, seconds: number): void {
    this.#costs = { ...this.#costs, [part]: seconds };
    this.#paused += seconds;
  }

  /**
   * Goes back to an earlier step.
   *
   * @param step Steps taken by then.
   * @param pace Where the schedule stood.
   */
  rewind(step: number, pace: SchedulePace): void {
    this.#pace = pace;
    this.#restart(step);
    // Fewer steps are left than time was meant for: at the next step.
    this.#share = 0;
  }

  /**
   * Thinks the length of the run over, if it is time to.
   *
   * @param step Steps taken.
   * @param queued Steps taken or on their way; they stay as they are.
   * @returns The new pace; undefined if it stays.
   */
  review(step: number, queued: number): SchedulePace | undefined {
    const { seconds, config, planned, elapsed, ramp } = this.#start;
    const { steps } = this.#pace;
    const length = Math.max(seconds - this.#began, 1e-3);
    const time = (elapsed() - this.#began) / length;
    const share = Math.max(time, step / steps);
    const isDue = MARKS.some((mark) => this.#share < mark && mark <= share);
    const taken = step - this.#mark.step;
    if (!isDue || taken < FEWEST_STEPS || queued >= steps) return undefined;
    this.#share = share;
    const perStep = (elapsed() - this.#mark.time - this.#paused) / taken;
    const [from, to] = [this.#mark.step, step].map((at) =>
      schedulePosition(at, planned, this.#pace)
    );
    const measured = timeShare(this.#costs, ramp.shareBetween(from, to));
    this.#costs = { ...this.#costs, step: Math.max(0, perStep / measured) };
    this.#restart(step);
    const left = stepsWithin(
      config,
      this.#costs,
      seconds - elapsed(),
      ramp.shareBetween(to, planned),
    );
    if (!Number.isFinite(left)) return undefined;
    const wanted = Math.max(queued + 1, step + Math.floor(left));
    if (Math.abs(wanted - steps) <= LEAST_CHANGE * steps) return undefined;
    this.#pace = {
      from: queued,
      position: schedulePosition(queued, planned, this.#pace),
      steps: wanted,
    };
    return this.#pace;
  }

  /**
   * Tells that a run has another number of steps, if that is worth a line.
   *
   * @param before Steps before.
   * @param after Steps now.
   */
  static noticeOf(before: number, after: number): string | undefined {
    const change = after / before - 1;
    if (Math.abs(change) <= TOLD_CHANGE) return undefined;
    return `${after} steps instead of ${before}, because the run turns out ` +
      `${change > 0 ? "faster" : "slower"} than expected: its time and its ` +
      "schedule still end together";
  }

  #restart(step: number): void {
    this.#mark = { step, time: this.#start.elapsed() };
    this.#paused = 0;
  }
}
