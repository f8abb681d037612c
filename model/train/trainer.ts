import { join } from "@std/path";
import {
  pruneCheckpoints,
  restoreCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import type {
  EvaluatedEvent,
  ExerciseResult,
  FinishedEvent,
  NoticeEvent,
  StepEvent,
  TrainEvent,
} from "./events.ts";
import { BudgetKeeper } from "./budget_keeper.ts";
import { MetricsCsv } from "./metrics_csv.ts";
import { noteOutcome } from "./plan_file.ts";
import {
  type PreparedRun,
  prepareRun,
  type RunOptions,
} from "./prepare_run.ts";
import {
  learningRate,
  type ScheduleOptions,
  type SchedulePace,
  schedulePosition,
} from "./schedule.ts";
import { EXERCISES_PER_SKILL, scoreExercises } from "./score_exercises.ts";
import { SpeedMeter } from "./speed_meter.ts";
import type { StepResult, TokenBatch } from "./training_session.ts";
import { freshState, type TrainingState } from "./training_state.ts";
import { startedEvent } from "./started_event.ts";
import { validationLoss } from "./validation_loss.ts";
import { writeSamples } from "./write_samples.ts";

/** Changes of the number of steps beyond this share are worth a line. */
const TOLD_CHANGE = 0.02;

/**
 * Trains a model as its configuration says and reports what happens. The run's
 * folder gets `run.yaml`, `plan.json`, `metrics.csv`, `samples.md` and
 * checkpoints. Aborting the signal ends the run after the step under way, with
 * a checkpoint to resume from.
 *
 * @param options What to train, where, and on which device.
 * @returns Events in the order in which they happen; the last one is
 * `finished`.
 * @throws {InputError} if configuration, data or checkpoint cannot be used.
 * @throws {DeviceError} if there is no device, or it fails.
 *
 * @example
 * ```ts
 * import { parseRunConfig, train } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const path = `${folder}/text.txt`;
 * await Deno.writeTextFile(path, "The cat sat on the mat.\n".repeat(50));
 * const { data, ...config } = parseRunConfig(
 *   `
 * model:
 *   family: llama
 *   hidden_size: 4
 *   num_hidden_layers: 1
 *   num_attention_heads: 1
 * train: { steps: 2, budget: null, context: 8, batch: 1 }
 * sample: { prompts: [] }`,
 *   "run.yaml",
 * );
 * const seen = [];
 * for await (
 *   const event of train({
 *     config: { ...config, data: { ...data, paths: [path] } },
 *     out: `${folder}/run`,
 *   })
 * ) seen.push(event.type);
 * assertEquals(seen.filter((type) => type === "step").length, 2);
 * assertEquals(seen.at(-1), "finished");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function* train(
  options: RunOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const run = await prepareRun(options);
  try {
    yield* new Training(run, options).events();
  } finally {
    run.close();
  }
}

/** One run from its first event to its last. */
class Training {
  readonly #run: PreparedRun;
  readonly #options: RunOptions;
  readonly #meter: SpeedMeter;
  #metrics: MetricsCsv | undefined;
  readonly #schedule: ScheduleOptions;
  readonly #now: () => number;
  readonly #keeper: BudgetKeeper | undefined;
  /** How the schedule goes on. */
  #pace: SchedulePace;
  /** Learning rates of the steps under way, the oldest first. */
  readonly #rates: number[] = [];
  #state: TrainingState;
  #started: number;
  #validationLoss: number | null = null;
  #checkpoint: { path: string; step: number } | null = null;

  constructor(run: PreparedRun, options: RunOptions) {
    this.#run = run;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#started = this.#now();
    this.#meter = new SpeedMeter(
      run.tokensPerStep,
      run.flopsPerStep,
      this.#now,
    );
    const { optimizer, schedule } = run.config;
    this.#schedule = {
      ...schedule,
      steps: run.steps,
      learningRate: optimizer.learning_rate,
      minimumLearningRate: optimizer.minimum_learning_rate,
    };
    this.#state = run.resumed?.state ??
      freshState(run.loader.state, run.budget?.pace);
    this.#pace = run.budget?.pace ?? { from: 0, position: 0, steps: run.steps };
    this.#keeper = run.budget && new BudgetKeeper({
      ...run.budget,
      config: run.config,
      planned: run.steps,
      spent: run.elapsed(),
      now: this.#now,
    }, this.#state.step);
  }

  async *events(): AsyncGenerator<TrainEvent, void, void> {
    try {
      yield* this.#train();
    } finally {
      this.#metrics?.close();
    }
  }

  async *#train(): AsyncGenerator<TrainEvent, void, void> {
    const { session, config, resumed } = this.#run;
    if (resumed) {
      const { model, executable } = session;
      await restoreCheckpoint(resumed.path, model, executable);
      this.#checkpoint = resumed;
    } else {
      session.initialize(config.seed);
    }
    this.#metrics = await MetricsCsv.open(
      join(this.#options.out, "metrics.csv"),
      this.#state.step,
    );
    this.#started = this.#now() - this.#state.seconds * 1000;
    yield startedEvent(this.#run, this.#state.step, this.#pace.steps);
    for (const message of this.#run.notices) yield { type: "notice", message };

    this.#meter.start(this.#state.step);
    let dispatched = this.#state.step;
    while (dispatched < this.#pace.steps && !this.#options.signal?.aborted) {
      if (session.executable.ring.full) {
        yield* this.#takeSteps(1);
        yield* this.#review(dispatched);
      }
      this.#dispatch(++dispatched);
      if (this.#isBoundary(dispatched)) {
        yield* this.#takeSteps();
        yield* this.#visit(dispatched);
        this.#meter.start(dispatched);
      }
    }
    yield* this.#takeSteps();
    yield* this.#conclude();
  }

  /** Keeps the run within its time, where it has one. */
  *#review(dispatched: number): Generator<NoticeEvent, void, void> {
    const before = this.#pace.steps;
    const pace = this.#keeper?.review(this.#state.step, dispatched);
    if (!pace) return;
    this.#pace = pace;
    const change = pace.steps / before - 1;
    if (Math.abs(change) <= TOLD_CHANGE) return;
    yield {
      type: "notice",
      message: `${pace.steps} steps instead of ${before}, because the run ` +
        `turns out ${change > 0 ? "faster" : "slower"} than expected: its ` +
        "time and its schedule still end together",
    };
  }

  #dispatch(step: number): void {
    const { config, session, loader } = this.#run;
    const { batch, accumulation } = config.train;
    const batches = Array.from(
      { length: accumulation },
      (): TokenBatch => loader.next(batch),
    );
    const rate = learningRate(
      schedulePosition(step - 1, this.#run.steps, this.#pace),
      this.#schedule,
    );
    this.#rates.push(rate);
    session.step(batches, { step, learningRate: rate });
    // The loader is ahead of the steps taken so far; checkpoints are written
    // only when all steps under way were taken, and it is not.
    this.#state = { ...this.#state, loader: loader.state };
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
      const event = this.#account(result);
      this.#metrics?.append(event);
      yield event;
    }
  }

  #account(result: StepResult): StepEvent {
    const { tokensPerStep, flopsPerStep, session } = this.#run;
    const { steps } = this.#pace;
    const seconds = (this.#now() - this.#started) / 1000;
    this.#state = {
      ...this.#state,
      step: result.step,
      tokens: this.#state.tokens + tokensPerStep,
      flops: this.#state.flops + flopsPerStep,
      seconds,
    };
    this.#meter.add(result.step);
    return {
      type: "step",
      step: result.step,
      steps,
      tokens: this.#state.tokens,
      flops: this.#state.flops,
      seconds,
      trainLoss: result.loss,
      learningRate: this.#rates.shift() ?? NaN,
      gradientNorm: result.gradientNorm,
      tokensPerSecond: this.#meter.tokensPerSecond,
      flopsPerSecond: this.#meter.flopsPerSecond,
      secondsLeft: this.#meter.secondsFor(steps - result.step),
      peakBytes: session.executable.plan.peakBytes,
      skipped: result.nonFinite > 0,
    };
  }

  #isBoundary(step: number): boolean {
    const { evaluate, sample, checkpoint } = this.#run.config;
    const isDue = (every: number) => every > 0 && step % every === 0;
    return step < this.#pace.steps &&
      [evaluate, sample, checkpoint].some(({ every }) => isDue(every));
  }

  /** What is due between two steps. */
  async *#visit(step: number): AsyncGenerator<TrainEvent, void, void> {
    const { evaluate, sample, checkpoint } = this.#run.config;
    const isDue = (every: number) => every > 0 && step % every === 0;
    const best = isDue(evaluate.every) ? yield* this.#evaluate() : false;
    if (isDue(sample.every)) yield* this.#sample();
    if (isDue(checkpoint.every) || (best && checkpoint.best)) {
      yield* this.#save(best);
    }
  }

  async *#conclude(): AsyncGenerator<TrainEvent, void, void> {
    const { config, session } = this.#run;
    const completed = this.#state.step >= this.#pace.steps;
    let exercises: ExerciseResult[] | undefined;
    if (completed) {
      const best = yield* this.#evaluate();
      if (this.#checkpoint?.step !== this.#state.step) yield* this.#save(best);
      yield* this.#sample();
      if (this.#run.corpus.isPrimer) {
        exercises = await scoreExercises(session, this.#run.tokenizer, {
          seed: config.seed,
          perSkill: EXERCISES_PER_SKILL,
          batch: config.train.batch,
          context: config.train.context,
        });
      }
    } else if (this.#checkpoint?.step !== this.#state.step) {
      yield* this.#save(false);
    }
    if (completed) {
      const seconds = (this.#now() - this.#started) / 1000;
      await noteOutcome(this.#options.out, {
        steps: this.#state.step,
        tokens: this.#state.tokens,
        seconds: this.#keeper?.spent ?? seconds,
        loss: this.#validationLoss,
      });
    }
    const finished: FinishedEvent = {
      type: "finished",
      step: this.#state.step,
      tokens: this.#state.tokens,
      seconds: (this.#now() - this.#started) / 1000,
      ...(this.#keeper ? { spent: this.#keeper.spent } : {}),
      validationLoss: this.#validationLoss,
      checkpoint: this.#checkpoint?.path ?? null,
      ...(exercises ? { exercises } : {}),
      reason: completed ? "completed" : "interrupted",
    };
    yield finished;
  }

  /** Tells the keeper of the time how long something took. */
  async #timed<T>(
    part: Parameters<BudgetKeeper["pause"]>[0],
    work: () => Promise<T>,
  ): Promise<T> {
    const began = this.#now();
    const result = await work();
    this.#keeper?.pause(part, (this.#now() - began) / 1000);
    return result;
  }

  /** Measures the validation loss; returns whether it is the lowest so far. */
  async *#evaluate(): AsyncGenerator<EvaluatedEvent, boolean, void> {
    const { corpus, config, session, prediction } = this.#run;
    const { validation } = corpus;
    if (!validation) return false;
    const loss = await this.#timed(
      "evaluation",
      () => validationLoss(session, validation, config),
    );
    this.#validationLoss = loss;
    const { step, tokens } = this.#state;
    const isBest = loss < (this.#state.best?.loss ?? Infinity);
    if (isBest) this.#state = { ...this.#state, best: { step, loss } };
    const bitsPerByte = corpus.bytesPerToken === null
      ? null
      : loss / Math.LN2 / corpus.bytesPerToken;
    const event: EvaluatedEvent = {
      type: "evaluated",
      step,
      validationLoss: loss,
      bitsPerByte,
      predictedLoss: prediction?.lossAfter(tokens) ?? null,
    };
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
    const { session, tokenizer, config } = this.#run;
    if (this.#keeper) {
      const { spent, pace } = this.#keeper;
      this.#state = { ...this.#state, budget: { spent, pace } };
    }
    const path = await this.#timed("checkpoint", async () => {
      // A checkpoint's rows have to be on the disk before it is.
      await this.#metrics?.sync();
      return await writeCheckpoint(
        this.#options.out,
        session.model,
        session.executable,
        tokenizer,
        this.#state,
      );
    });
    this.#checkpoint = { path, step: this.#state.step };
    await pruneCheckpoints(
      this.#options.out,
      config.checkpoint.keep,
      config.checkpoint.best ? this.#state.best : null,
    );
    yield { type: "checkpointed", step: this.#state.step, path, best };
  }
}
