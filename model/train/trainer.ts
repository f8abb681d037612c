import { join } from "@std/path";
import { sequentialWindows } from "../../data/sequential_windows.ts";
import { TextGenerator } from "../generate/text_generator.ts";
import {
  pruneCheckpoints,
  restoreCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import type {
  EvaluatedEvent,
  ExerciseResult,
  FinishedEvent,
  StepEvent,
  TrainEvent,
} from "./events.ts";
import { MetricsCsv } from "./metrics_csv.ts";
import {
  type PreparedRun,
  prepareRun,
  type RunOptions,
} from "./prepare_run.ts";
import { learningRate, type ScheduleOptions } from "./schedule.ts";
import { EXERCISES_PER_SKILL, scoreExercises } from "./score_exercises.ts";
import { SpeedMeter } from "./speed_meter.ts";
import { IGNORED_TARGET } from "./training_program.ts";
import type { StepResult, TokenBatch } from "./training_session.ts";
import type { TrainingState } from "./training_state.ts";

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
  #state: TrainingState;
  #started = performance.now();
  #validationLoss: number | null = null;
  #checkpoint: { path: string; step: number } | null = null;

  constructor(run: PreparedRun, options: RunOptions) {
    this.#run = run;
    this.#options = options;
    this.#meter = new SpeedMeter(run.tokensPerStep, run.flopsPerStep);
    const { optimizer, schedule } = run.config;
    this.#schedule = {
      ...schedule,
      steps: run.steps,
      learningRate: optimizer.learning_rate,
      minimumLearningRate: optimizer.minimum_learning_rate,
    };
    this.#state = run.resumed?.state ?? {
      step: 0,
      tokens: 0,
      flops: 0,
      seconds: 0,
      loader: run.loader.state,
      best: null,
    };
  }

  async *events(): AsyncGenerator<TrainEvent, void, void> {
    try {
      yield* this.#train();
    } finally {
      this.#metrics?.close();
    }
  }

  async *#train(): AsyncGenerator<TrainEvent, void, void> {
    const { session, config, steps } = this.#run;
    const { resumed } = this.#run;
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
    this.#started = performance.now() - this.#state.seconds * 1000;
    yield {
      type: "started",
      config,
      parameters: session.model.parameters.count,
      steps,
      step: this.#state.step,
      tokensPerStep: this.#run.tokensPerStep,
      planBytes: session.executable.plan.bytes,
      peakBytes: session.executable.plan.peakBytes,
      device: this.#run.gpu.adapter.name,
    };
    for (const message of this.#run.notices) yield { type: "notice", message };

    this.#meter.start(this.#state.step);
    let dispatched = this.#state.step;
    while (dispatched < steps && !this.#options.signal?.aborted) {
      if (session.executable.ring.full) yield* this.#takeSteps(1);
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

  #dispatch(step: number): void {
    const { config, session, loader } = this.#run;
    const { batch, accumulation } = config.train;
    const batches = Array.from(
      { length: accumulation },
      (): TokenBatch => loader.next(batch),
    );
    session.step(batches, {
      step,
      learningRate: learningRate(step - 1, this.#schedule),
    });
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
    const { tokensPerStep, flopsPerStep, steps, session } = this.#run;
    const seconds = (performance.now() - this.#started) / 1000;
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
      tokens: this.#state.tokens,
      flops: this.#state.flops,
      seconds,
      trainLoss: result.loss,
      learningRate: learningRate(result.step - 1, this.#schedule),
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
    return step < this.#run.steps &&
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
    const { config, session, steps } = this.#run;
    const completed = this.#state.step >= steps;
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
    const finished: FinishedEvent = {
      type: "finished",
      step: this.#state.step,
      seconds: (performance.now() - this.#started) / 1000,
      validationLoss: this.#validationLoss,
      checkpoint: this.#checkpoint?.path ?? null,
      ...(exercises ? { exercises } : {}),
      reason: completed ? "completed" : "interrupted",
    };
    yield finished;
  }

  /** Measures the validation loss; returns whether it is the lowest so far. */
  async *#evaluate(): AsyncGenerator<EvaluatedEvent, boolean, void> {
    const { corpus, config, session } = this.#run;
    if (!corpus.validation) return false;
    const { batch, context } = config.train;
    const wanted = Math.floor(config.evaluate.tokens / context);
    const windows = sequentialWindows(corpus.validation, context, wanted);
    const loss = await session.evaluate(
      batchesOf(windows, batch, context),
      windows.count * context,
    );
    this.#validationLoss = loss;
    const { step } = this.#state;
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
    };
    // A run that was complete when it was resumed has this row already.
    if (this.#run.resumed?.step !== step) this.#metrics?.append(event);
    yield event;
    return isBest;
  }

  /** Lets the model continue the prompts. */
  async *#sample(): AsyncGenerator<TrainEvent, void, void> {
    const { session, tokenizer, config } = this.#run;
    if (!session.generator) return;
    const { prompts, tokens, temperature, top_k, top_p } = config.sample;
    const generator = new TextGenerator(session.generator, tokenizer);
    const { step } = this.#state;
    for (const prompt of prompts) {
      const text = await generator.text(prompt, {
        tokens,
        temperature,
        topK: top_k,
        topP: top_p,
        seed: config.seed,
      });
      await Deno.writeTextFile(
        join(this.#options.out, "samples.md"),
        `## Step ${step}: ${JSON.stringify(prompt)}\n\n${prompt}${text}\n\n`,
        { append: true },
      );
      yield { type: "sampled", step, prompt, text };
    }
  }

  /** Writes a checkpoint and removes those that are no longer wanted. */
  async *#save(best: boolean): AsyncGenerator<TrainEvent, void, void> {
    const { session, tokenizer, config } = this.#run;
    // A checkpoint's rows have to be on the disk before it is.
    await this.#metrics?.sync();
    const path = await writeCheckpoint(
      this.#options.out,
      session.model,
      session.executable,
      tokenizer,
      this.#state,
    );
    this.#checkpoint = { path, step: this.#state.step };
    await pruneCheckpoints(
      this.#options.out,
      config.checkpoint.keep,
      config.checkpoint.best ? this.#state.best : null,
    );
    yield { type: "checkpointed", step: this.#state.step, path, best };
  }
}

/** Windows of tokens in micro-batches; a last one is filled with ignored rows. */
function* batchesOf(
  windows: Iterable<TokenBatch>,
  batch: number,
  context: number,
): Generator<TokenBatch, void, void> {
  const empty = () => ({
    inputs: new Uint32Array(batch * context),
    targets: new Uint32Array(batch * context).fill(IGNORED_TARGET),
  });
  let current = empty();
  let rows = 0;
  for (const window of windows) {
    current.inputs.set(window.inputs, rows * context);
    current.targets.set(window.targets, rows * context);
    if (++rows < batch) continue;
    yield current;
    current = empty();
    rows = 0;
  }
  if (rows > 0) yield current;
}
