import { join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import { InputError } from "../../data/input_error.ts";
import {
  Loader,
  type LoaderOptions,
  type LoaderState,
} from "../../data/loader.ts";
import { FolderLock } from "../../data/folder_lock.ts";
import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { openDevice } from "../../kernels/runtime/open_device.ts";
import { guessedRate } from "../budget/measured_device.ts";
import { checkBudget } from "../budget/check_budget.ts";
import { trainingFlopsPerToken } from "../budget/training_flops.ts";
import { lawLearningRate } from "../budget/law_learning_rate.ts";
import { planJson } from "../budget/plan_json.ts";
import { type ScalingLaw, USUAL_LAW } from "../budget/scaling_law.ts";
import type { TuningProgress } from "../../kernels/tune/tuner.ts";
import { LanguageModel } from "../language_model.ts";
import { variantsOfResumedRun, variantsOfRun } from "../tune/run_variants.ts";
import { promptTokens } from "../generate/prompt_tokens.ts";
import { BatchRamp } from "./batch_ramp.ts";
import {
  type CheckpointFolder,
  listCheckpoints,
  readTrainingState,
  removePartialCheckpoints,
} from "./checkpoint.ts";
import { chooseTokenizer } from "./choose_tokenizer.ts";
import { ContextRamp } from "./context_ramp.ts";
import { exerciseRows } from "./score_exercises.ts";
import { isPlanned } from "./is_planned.ts";
import { openCorpus, type TrainingCorpus } from "./open_corpus.ts";
import { planBudget, type PlanProgress } from "./plan_budget.ts";
import { type RunBudget, runLength } from "./run_length.ts";
import { type PlanFile, readPlanFile, writePlanFile } from "./plan_file.ts";
import { resolveModel } from "./resolve_model.ts";
import type { RunConfig, SettledRunConfig } from "./run_config.ts";
import { type RunPrediction, runPrediction } from "./run_prediction.ts";
import { stringifyRunConfig } from "./stringify_run_config.ts";
import { type SessionOptions, TrainingSession } from "./training_session.ts";
import type { TrainingState } from "./training_state.ts";
import { trainingShape } from "./training_shape.ts";

/** What to train, where, and on what. */
export interface RunOptions {
  /** The configuration. */
  readonly config: RunConfig;
  /**
   * Dotted keys of the configuration that somebody decided. With them, a run
   * that has a budget but neither model nor steps among them is planned: model,
   * batch and schedule are chosen for the time, but for what was decided.
   * Without them, the configuration is taken as it is.
   */
  readonly given?: ReadonlySet<string>;
  /** Law that a planned run's model is chosen by. @default {USUAL_LAW} */
  readonly law?: ScalingLaw;
  /**
   * When the budget began, in milliseconds of the clock.
   *
   * @default now
   */
  readonly startedAt?: number;
  /**
   * Gives milliseconds on a clock that never goes back.
   *
   * @default {performance.now}
   */
  readonly now?: () => number;
  /** Folder of the run; made if it is missing. */
  readonly out: string;
  /** Whether to go on from the folder's latest checkpoint. @default false */
  readonly resume?: boolean;
  /** Ends the run after the step under way when it is aborted. */
  readonly signal?: AbortSignal;
  /** Whether launches are timed. @default false */
  readonly profile?: boolean;
  /** Device to train on; opened, and closed at the end, where absent. */
  readonly gpu?: Gpu;
  /** Told of the preparation of the data: share done, from 0 to 1, of what. */
  readonly onDataProgress?: (share: number, doing: string) => void;
  /** Told of planning, where the run is planned. */
  readonly onPlan?: (progress: PlanProgress) => void;
  /** Told of the timing of kernels before training. */
  readonly onTuneProgress?: (progress: TuningProgress) => void;
  /** Given the session once it is open, for measurements. */
  readonly onSession?: (session: TrainingSession) => void;
}

/** Where a resumed run goes on. */
export interface ResumedCheckpoint extends CheckpointFolder {
  /** How far the run had come. */
  readonly state: TrainingState;
}

/** A run that is ready for its first step. */
export interface PreparedRun {
  /** The configuration with its number of steps and its learning rate. */
  readonly config: SettledRunConfig;
  /** The device. */
  readonly gpu: Gpu;
  /** The text, tokenized. */
  readonly corpus: TrainingCorpus;
  /** The tokenizer. */
  readonly tokenizer: Tokenizer;
  /** Batches to learn from. */
  readonly loader: Loader;
  /** Opens another one at another place. */
  openLoader(state: LoaderState): Loader;
  /** The compiled program. */
  readonly session: TrainingSession;
  /** Optimizer steps in all, as planned before the first one. */
  readonly steps: number;
  /** What keeps it within its time; undefined where steps were given. */
  readonly budget: RunBudget | undefined;
  /** Seconds since it began, those before it was resumed included. */
  elapsed(): number;
  /** Micro-batches, and tokens, of its steps. */
  readonly batchRamp: BatchRamp;
  /** How far back tokens see in its steps. */
  readonly contextRamp: ContextRamp;
  /** Floating-point operations of a token. */
  readonly flopsPerToken: number;
  /** Checkpoint to go on from, and how far it had come. */
  readonly resumed: ResumedCheckpoint | undefined;
  /** What is expected of it; null where it has no budget. */
  readonly prediction: RunPrediction | null;
  /** What is worth a line before training starts. */
  readonly notices: readonly string[];
  /** Frees everything. */
  close(): void;
}

/**
 * Opens all that a run needs: its folder, the data, the device and the compiled
 * program. Writes `run.yaml` and `plan.json`.
 *
 * @throws {InputError} if the folder, the data or the configuration does not do.
 * @throws {DeviceError} if there is no device or its memory does not suffice.
 */
export async function prepareRun(options: RunOptions): Promise<PreparedRun> {
  const { out, resume = false, now = () => performance.now() } = options;
  const { startedAt = now(), law = USUAL_LAW } = options;
  checkBudget(options.config.train.budget ?? 0);
  const cleanup = new DisposableStack();
  try {
    const checkpoints = await listCheckpoints(out);
    const latest = resume ? checkpoints.at(-1) : undefined;
    if (resume && !latest) {
      throw new InputError(
        `Cannot resume '${out}': it has no checkpoint; train it again without --resume`,
      );
    }
    if (!resume && checkpoints.length > 0) {
      throw new InputError(
        `Cannot train into '${out}': it holds a run already; go on with ` +
          `--resume ${out}, or choose another --out`,
      );
    }
    const resumed = latest &&
      { ...latest, state: await readTrainingState(latest.path) };
    const before = resumed?.state.budget?.spent ?? 0;
    const elapsed = () => before + (now() - startedAt) / 1000;
    await Deno.mkdir(out, { recursive: true });
    cleanup.use(
      await FolderLock.acquire(
        out,
        `Cannot train in '${out}': another process trains there; ` +
          `wait for it or choose another --out`,
      ),
    );
    await removePartialCheckpoints(out);
    // A machine without a GPU is told so before its text is read.
    const gpu = options.gpu ?? await openDevice();
    if (!options.gpu) cleanup.defer(() => gpu.close());

    // A resumed run has its checkpoint's tokenizer, and its text may be gone.
    const tokens = resumed
      ? { data: options.config.data, notices: [] }
      : await chooseTokenizer(options.config, {
        out,
        rate: guessedRate(gpu.capabilities),
        planned: isPlanned(options),
        law,
        ...(options.onDataProgress
          ? { onProgress: options.onDataProgress }
          : {}),
      });
    const settled = {
      ...options,
      config: { ...options.config, data: tokens.data },
    };
    const corpus = await openCorpus(settled.config.data, {
      out,
      seed: settled.config.seed,
      ...(resumed ? { checkpoint: resumed.path } : {}),
      ...(options.onDataProgress ? { onProgress: options.onDataProgress } : {}),
    });
    cleanup.defer(() => corpus.close());
    const { tokenizer } = corpus;
    const decided = isPlanned(settled)
      ? await planBudget(gpu, {
        run: { config: settled.config, given: settled.given },
        seconds: settled.config.train.budget,
        elapsed,
        tokenizer,
        uniqueTokens: corpus.train.tokenCount,
        law,
        ...(options.onPlan ? { onPlan: options.onPlan } : {}),
      })
      : undefined;
    const chosen = decided?.plan.config ?? settled.config;
    const { train, optimizer, memory, seed } = chosen;
    const model = resolveModel(chosen.model, {
      vocabSize: tokenizer.vocabSize,
      context: train.context,
      bosTokenId: tokenizer.beginOfText,
      eosTokenId: tokenizer.endOfText,
    }, "run.yaml");
    const loaderOptions: LoaderOptions = {
      source: corpus.train,
      sequenceLength: train.context,
      packedContext: corpus.packedContext,
      seed,
      documents: train.document_mask,
      // A step takes its micro-batches at once and copies each as it goes.
      ahead: train.accumulation,
      keep: train.accumulation,
    };
    const openLoader = (state?: LoaderState) =>
      new Loader({ ...loaderOptions, ...(state ? { state } : {}) });
    const loader = openLoader(resumed?.state.loader);
    const wanted: SessionOptions = {
      config: model,
      shape: trainingShape(train, tokenizer.vocabSize),
      optimizer,
      memory,
      samples: chosen.sample.prompts.length > 0,
      profile: options.profile ?? false,
      operands: train.operands,
    };
    const variants = resumed
      ? await variantsOfResumedRun(out)
      : await variantsOfRun(gpu, {
        mode: train.tune,
        budget: train.budget,
        flops: train.steps === null
          ? null
          : new BatchRamp(train, train.steps).tokens * trainingFlopsPerToken(
            new LanguageModel(model, Infinity),
            train.context,
          ),
        plan: (choose) =>
          TrainingSession.plan(gpu.capabilities, wanted, choose),
        ...(options.onTuneProgress
          ? { onProgress: options.onTuneProgress }
          : {}),
      });
    const session = await TrainingSession.open(gpu, {
      ...wanted,
      choose: variants.choose,
    });
    cleanup.defer(() => session.close());
    const { prompts } = chosen.sample;
    checkPrompts(prompts, tokenizer, session.model.positions);
    options.onSession?.(session);

    const { steps, budget, notices } = await runLength(session, {
      config: chosen,
      state: resumed?.state,
      elapsed,
      now,
      exerciseRows: corpus.isPrimer ? exerciseRows() : 0,
      validationTokens: corpus.validation?.tokenCount ?? 0,
    });
    const batchRamp = new BatchRamp(train, steps);
    const { tokens: runTokens } = batchRamp;
    const flopsPerToken = trainingFlopsPerToken(session.model, train.context);
    const learningRate = optimizer.learning_rate ??
      lawLearningRate(session.model, model, {
        tokens: runTokens,
        context: train.context,
      });
    const config = {
      ...chosen,
      train: { ...train, steps },
      optimizer: { ...optimizer, learning_rate: learningRate },
    };
    // A resumed run may go on in batches of another size.
    await writeAtomic(join(out, "run.yaml"), stringifyRunConfig(config));
    const plan: PlanFile = resumed ? await readPlanFile(out) : {
      ...(decided ? planJson(decided.question, decided.plan, []) : {}),
      ...(budget ? { seconds: budget.seconds } : {}),
      device: gpu.adapter,
      model,
      parameters: session.model.parameters.count,
      steps,
      tokens: runTokens,
      flops: runTokens * flopsPerToken,
      kernels: Object.fromEntries(session.variants),
      peak_bytes: session.executable.plan.peakBytes,
      bytes: session.executable.plan.bytes,
      buffers: session.executable.plan.buffers,
    };
    const prediction = runPrediction(plan);
    if (!resumed) {
      await writePlanFile(out, {
        ...plan,
        ...(prediction?.loss ? { predicted_loss: prediction.loss } : {}),
      });
    }
    const owned = cleanup.move();
    return {
      config,
      gpu,
      corpus,
      tokenizer,
      loader,
      openLoader,
      session,
      steps,
      batchRamp,
      contextRamp: new ContextRamp(train, steps),
      flopsPerToken,
      resumed,
      budget,
      elapsed,
      prediction,
      notices: [
        ...tokens.notices,
        ...corpus.notices,
        ...variants.notices,
        ...notices,
        ...(optimizer.learning_rate === null
          ? [`learning rate ${learningRate}, which suits model and tokens`]
          : []),
      ],
      close: () => owned.dispose(),
    };
  } finally {
    cleanup.dispose();
  }
}

/** Refuses a prompt that would end the run when its samples are due. */
function checkPrompts(
  prompts: readonly string[],
  tokenizer: Tokenizer,
  positions: number,
): void {
  for (const prompt of prompts) {
    const { length } = promptTokens(tokenizer, prompt);
    if (length <= positions) continue;
    throw new InputError(
      `run.yaml: "sample.prompts" has a text of ${length} tokens, and the ` +
        `model takes ${positions}; shorten it or leave it out`,
    );
  }
}
