import { join } from "@std/path";
import type { Loader } from "../../data/loader.ts";
import {
  pruneCheckpoints,
  removeLaterCheckpoints,
  restoreCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import type {
  EvaluatedEvent,
  ExerciseResult,
  NoticeEvent,
  StepEvent,
  TrainEvent,
} from "./events.ts";
import { BudgetKeeper } from "./budget_keeper.ts";
import { drawBatches } from "./draw_batches.ts";
import { dueAt } from "./due_at.ts";
import { evaluateRun } from "./evaluate_run.ts";
import { exercisesOf } from "./exercises_of.ts";
import { MetricsCsv } from "./metrics_csv.ts";
import type { Trouble } from "./loss_watch.ts";
import { noteOutcome } from "./plan_file.ts";
import type { PreparedRun, RunOptions } from "./prepare_run.ts";
import { Rollback } from "./rollback.ts";
import { type SchedulePace, schedulePosition } from "./schedule.ts";
import { SpeedMeter } from "./speed_meter.ts";
import { stepNumbers } from "./step_numbers.ts";
import type { StepResult } from "./training_session.ts";
import { freshState, type TrainingState } from "./training_state.ts";
import { startedEvent } from "./started_event.ts";
import { writeSamples } from "./write_samples.ts";

/** States to go back to that are kept on disk besides checkpoints. */
const ROLLBACK_STATES = 2;

/** A step under way. */
type QueuedStep = Pick<StepEvent, "learningRate" | "tokens">;

/** One run from its first event to its last. */
export class Training {
  readonly #run: PreparedRun;
  readonly #options: RunOptions;
  readonly #meter: SpeedMeter;
  #metrics: MetricsCsv | undefined;
  readonly #now: () => number;
  readonly #keeper: BudgetKeeper | undefined;
  /** The steps under way, the oldest first. */
  readonly #queued: QueuedStep[] = [];
  readonly #rollback: Rollback | undefined;
  #loader: Loader;
  #state: TrainingState;
  #started: number;
  #validationLoss: number | null = null;
  #checkpoint: { path: string; step: number } | null = null;

  /**
   * Begins with nothing done.
   *
   * @param run What was prepared.
   * @param options What was asked for.
   */
  constructor(run: PreparedRun, options: RunOptions) {
    this.#run = run;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#started = this.#now();
    this.#meter = new SpeedMeter(run.flopsPerToken, this.#now);
    this.#state = run.resumed?.state ??
      freshState(run.loader.state, run.budget?.pace);
    this.#keeper = run.budget && new BudgetKeeper({
      ...run.budget,
      config: run.config,
      ramp: run.batchRamp,
      planned: run.steps,
      elapsed: run.elapsed,
    }, this.#state.step);
    this.#loader = run.loader;
    if (!run.config.train.rollback) return;
    const first = { path: run.resumed?.path ?? null, state: this.#state };
    this.#rollback = new Rollback(first, this.#now);
  }

  /** How the schedule goes on. */
  get #pace(): SchedulePace {
    return this.#keeper?.pace ??
      { from: 0, position: 0, steps: this.#run.steps };
  }

  /** Place in the schedule of a step that is counted from 0. */
  #placeOf(step: number): number {
    return schedulePosition(step, this.#run.steps, this.#pace);
  }

  /** Trains to the end. */
  async *events(): AsyncGenerator<TrainEvent, void, void> {
    try {
      yield* this.#train();
    } finally {
      this.#metrics?.close();
      await Rollback.clear(this.#options.out);
    }
  }

  async *#train(): AsyncGenerator<TrainEvent, void, void> {
    const { session, resumed } = this.#run;
    await this.#load(resumed?.path ?? null);
    this.#checkpoint = resumed ?? null;
    this.#started = this.#now() - this.#state.seconds * 1000;
    yield startedEvent(this.#run, this.#state.step, this.#pace.steps);
    for (const message of this.#run.notices) yield { type: "notice", message };

    this.#meter.start();
    let dispatched = this.#state.step;
    do {
      const { signal } = this.#options;
      while (dispatched < this.#pace.steps && !signal?.aborted) {
        if (session.executable.ring.full) {
          yield* this.#takeSteps(1);
          if (this.#rollback?.trouble) break;
          yield* this.#review(dispatched);
        }
        this.#dispatch(++dispatched);
        if (this.#isBoundary(dispatched)) {
          yield* this.#takeSteps();
          if (this.#rollback?.trouble) break;
          yield* this.#visit(dispatched);
          this.#meter.start();
        }
      }
      yield* this.#takeSteps();
      if (this.#rollback?.trouble) {
        yield* this.#goBack(this.#rollback, this.#rollback.trouble);
        dispatched = this.#state.step;
      }
    } while (dispatched < this.#pace.steps && !this.#options.signal?.aborted);
    yield* this.#conclude();
  }

  /** Fills the session from a checkpoint, or afresh, and opens the table. */
  async #load(path: string | null): Promise<void> {
    const { session, config } = this.#run;
    const { model, executable } = session;
    if (path === null) session.initialize(config.seed);
    else await restoreCheckpoint(path, model, executable);
    this.#metrics?.close();
    this.#metrics = undefined;
    this.#metrics = await MetricsCsv.open(
      join(this.#options.out, "metrics.csv"),
      this.#state.step,
    );
  }

  /** Goes back to the last good state, or ends the run there. */
  async *#goBack(
    rollback: Rollback,
    trouble: Trouble,
  ): AsyncGenerator<TrainEvent, void, void> {
    const { out } = this.#options;
    const { path, state, message, hopeless } = await rollback.back(trouble);
    const { step } = state;
    this.#state = { ...state, seconds: this.#state.seconds };
    await this.#load(path);
    this.#loader = this.#run.openLoader(state.loader);
    for (const folder of [out, Rollback.folder(out)]) {
      await removeLaterCheckpoints(folder, step);
    }
    if ((this.#checkpoint?.step ?? 0) > step) this.#checkpoint = null;
    this.#keeper?.rewind(step, state.budget?.pace ?? this.#pace);
    this.#meter.start();
    if (!hopeless) return yield { type: "notice", message };
    if (path !== null && this.#checkpoint?.step !== step) {
      yield* this.#save(false);
    }
    throw new Error(message);
  }

  /** Saves a state to go back to, beside the checkpoints. */
  async *#saveGood(rollback: Rollback): AsyncGenerator<TrainEvent, void, void> {
    const began = this.#now();
    const folder = Rollback.folder(this.#options.out);
    try {
      const path = await this.#write(folder);
      await pruneCheckpoints(folder, ROLLBACK_STATES, null);
      const seconds = (this.#now() - began) / 1000;
      rollback.keep({ path, state: this.#state }, seconds, true);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      rollback.disable();
      yield {
        type: "notice",
        message: `Cannot save a state to go back to (${error.message}); ` +
          "training goes on with checkpoints alone",
      };
    }
  }

  /** Keeps the run within its time, where it has one. */
  *#review(dispatched: number): Generator<NoticeEvent, void, void> {
    const before = this.#pace.steps;
    const pace = this.#keeper?.review(this.#state.step, dispatched);
    if (!pace) return;
    const message = BudgetKeeper.noticeOf(before, pace.steps);
    if (message !== undefined) yield { type: "notice", message };
  }

  #dispatch(step: number): void {
    const { config, session, batchRamp, contextRamp } = this.#run;
    const position = this.#placeOf(step - 1);
    const { batches, places } = drawBatches(this.#loader, {
      count: batchRamp.microBatches(position),
      batch: config.train.batch,
      skipped: this.#state.skipped,
    });
    this.#rollback?.queue(step, places);
    const numbers = stepNumbers(step, position, this.#run);
    session.step(
      batches.map((batch) => contextRamp.cut(batch, position)),
      numbers,
    );
    const tokens = batches.length * batchRamp.microTokens;
    this.#queued.push({ learningRate: numbers.learningRate, tokens });
    // The loader is ahead of the steps taken so far; checkpoints are written
    // only when all steps under way were taken, and it is not.
    this.#state = { ...this.#state, loader: this.#loader.state };
  }

  /** Waits for steps under way, the oldest first. */
  async *#takeSteps(
    most: number = Infinity,
  ): AsyncGenerator<StepEvent, void, void> {
    for (let taken = 0; taken < most; taken++) {
      const result = await this.#run.session.result();
      if (!result) return;
      // Timestamps of many steps would not fit the query set.
      const { executable } = this.#run.session;
      if (executable.profiled) await executable.profile();
      // What follows trouble was computed with broken weights.
      const queued = this.#queued.shift();
      if (!queued || this.#rollback?.trouble) continue;
      const event = this.#account(result, queued);
      this.#metrics?.append(event);
      yield event;
    }
  }

  #account(result: StepResult, queued: QueuedStep): StepEvent {
    const { flopsPerToken, session, batchRamp } = this.#run;
    const { learningRate, tokens } = queued;
    const { steps } = this.#pace;
    const seconds = (this.#now() - this.#started) / 1000;
    this.#state = {
      ...this.#state,
      step: result.step,
      tokens: this.#state.tokens + tokens,
      flops: this.#state.flops + tokens * flopsPerToken,
      seconds,
    };
    this.#meter.add(tokens);
    const left = (steps - result.step) *
      batchRamp.meanTokens(this.#placeOf(result.step));
    this.#rollback?.observe(result.step, result.loss, result.nonFinite > 0);
    return {
      type: "step",
      step: result.step,
      steps,
      tokens: this.#state.tokens,
      flops: this.#state.flops,
      seconds,
      trainLoss: result.loss,
      learningRate,
      gradientNorm: result.gradientNorm,
      tokensPerSecond: this.#meter.tokensPerSecond,
      flopsPerSecond: this.#meter.flopsPerSecond,
      secondsLeft: this.#meter.secondsFor(left),
      peakBytes: session.executable.plan.peakBytes,
      skipped: result.nonFinite > 0,
    };
  }

  #isBoundary(step: number): boolean {
    const due = Object.values(dueAt(this.#run.config, step));
    return step < this.#pace.steps &&
      (due.includes(true) || this.#rollback?.isDue(step) === true);
  }

  /** What is due between two steps. */
  async *#visit(step: number): AsyncGenerator<TrainEvent, void, void> {
    const { config } = this.#run;
    const { evaluate, sample, checkpoint } = dueAt(config, step);
    const best = evaluate ? yield* this.#evaluate() : false;
    if (sample) yield* this.#sample();
    if (checkpoint || (best && config.checkpoint.best)) yield* this.#save(best);
    if (this.#rollback?.isDue(step)) yield* this.#saveGood(this.#rollback);
  }

  async *#conclude(): AsyncGenerator<TrainEvent, void, void> {
    const completed = this.#state.step >= this.#pace.steps;
    let exercises: readonly ExerciseResult[] | undefined;
    const { step, tokens } = this.#state;
    const best = completed ? yield* this.#evaluate() : false;
    if (this.#checkpoint?.step !== step) yield* this.#save(best);
    if (completed) {
      yield* this.#sample();
      if (this.#run.corpus.isPrimer) exercises = await exercisesOf(this.#run);
    }
    const seconds = (this.#now() - this.#started) / 1000;
    const spent = this.#keeper && this.#run.elapsed();
    if (completed) {
      await noteOutcome(this.#options.out, {
        steps: step,
        tokens,
        seconds: spent ?? seconds,
        loss: this.#validationLoss,
      });
    }
    yield {
      type: "finished",
      step,
      tokens,
      seconds,
      ...(spent === undefined ? {} : { spent }),
      validationLoss: this.#validationLoss,
      checkpoint: this.#checkpoint?.path ?? null,
      ...(exercises ? { exercises } : {}),
      reason: completed ? "completed" : "interrupted",
    };
  }

  /** Measures the validation loss; returns whether it is the lowest so far. */
  async *#evaluate(): AsyncGenerator<EvaluatedEvent, boolean, void> {
    const began = this.#now();
    const event = await evaluateRun(this.#run, this.#state);
    if (!event) return false;
    this.#keeper?.pause("evaluation", (this.#now() - began) / 1000);
    const { step, validationLoss: loss } = event;
    this.#validationLoss = loss;
    const isBest = loss < (this.#state.best?.loss ?? Infinity);
    if (isBest) this.#state = { ...this.#state, best: { step, loss } };
    // A run that was complete when it was resumed has this row already.
    if (this.#run.resumed?.step !== step) this.#metrics?.append(event);
    yield event;
    return isBest;
  }

  /** Lets the model continue the prompts. */
  async *#sample(): AsyncGenerator<TrainEvent, void, void> {
    const began = this.#now();
    yield* writeSamples(this.#run, this.#options.out, this.#state.step);
    this.#keeper?.pause("samples", (this.#now() - began) / 1000);
  }

  /** Writes a checkpoint and removes those that are no longer wanted. */
  async *#save(best: boolean): AsyncGenerator<TrainEvent, void, void> {
    const { config } = this.#run;
    const { out } = this.#options;
    const began = this.#now();
    // A checkpoint's rows have to be on the disk before it is.
    await this.#metrics?.sync();
    const path = await this.#write(out);
    const { step } = this.#state;
    this.#checkpoint = { path, step };
    const seconds = (this.#now() - began) / 1000;
    this.#keeper?.pause("checkpoint", seconds);
    this.#rollback?.keep(
      { path, state: this.#state },
      seconds,
      Rollback.lasts(config.checkpoint),
    );
    await pruneCheckpoints(
      out,
      config.checkpoint.keep,
      config.checkpoint.best ? this.#state.best : null,
    );
    yield { type: "checkpointed", step, path, best };
  }

  /** Writes all that it takes to go on from here. */
  async #write(folder: string): Promise<string> {
    const { session, tokenizer } = this.#run;
    if (this.#keeper) {
      const { pace } = this.#keeper;
      const budget = { spent: this.#run.elapsed(), pace };
      this.#state = { ...this.#state, budget };
    }
    return await session.withAverage(() =>
      writeCheckpoint(
        folder,
        session.model,
        session.executable,
        tokenizer,
        this.#state,
      )
    );
  }
}
