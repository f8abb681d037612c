import { cacheFolder } from "../../data/cache_folder.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { movedBytes } from "../../kernels/plan/moved_bytes.ts";
import { DeviceError } from "../../kernels/runtime/device_error.ts";
import { chooseBy } from "../../kernels/tune/tuning_table.ts";
import type { RunConfig } from "../train/run_config.ts";
import { stepSeconds } from "../train/step_seconds.ts";
import { TrainingSession } from "../train/training_session.ts";
import { TuningCache } from "../tune/tuning_cache.ts";
import { microBatchCost } from "./micro_batch_cost.ts";
import type { ModelShape } from "./model_shape.ts";
import { plannedIngredients } from "./planned_ingredients.ts";
import { type PlanningDevice, presentMemory } from "./planning_device.ts";
import { type MeasuredRate, RateCache } from "./rate_cache.ts";
import { trainingShape } from "../train/training_shape.ts";

/** FLOP/s by which the first model to measure is guessed. */
const GUESSED_RATE = { software: 3e10, gpu: 5e12 };
/** Tokens of a measured micro-batch: enough to keep kernels busy. */
const MICRO_TOKENS = { software: 1024, gpu: 8192 };
/** Seconds that a step shall take at most while it is timed. */
const LONGEST_STEP = 2;
/** Seconds of timing for each model, for steps of one and of two micro-batches. */
const SECONDS = 1;
/** Share of a step that its passes take at least, however noisy the times. */
const LEAST_PASSES = 0.1;

/** The present device, on which rates are measured by real steps. */
export class MeasuredDevice implements PlanningDevice {
  /** Name of the adapter. */
  readonly name: string;
  /** What it offers. */
  readonly capabilities: PlanningDevice["capabilities"];
  /** Bytes that a run may take. */
  readonly memoryBytes: number | null;
  /** Where they are known from. */
  readonly memorySource: string;
  /** Nothing: what is not measured is not offered. */
  readonly assumed: readonly string[] = [];
  readonly #gpu: Gpu;
  readonly #config: RunConfig;
  readonly #vocabulary: number;
  readonly #cache: RateCache;
  readonly #known: Map<string, MeasuredRate>;

  private constructor(
    gpu: Gpu,
    config: RunConfig,
    vocabulary: number,
    cache: RateCache,
    known: Map<string, MeasuredRate>,
  ) {
    const { software } = gpu.capabilities;
    this.name = gpu.adapter.name;
    this.capabilities = gpu.capabilities;
    const memory = presentMemory(gpu.adapter.name, software);
    this.memoryBytes = memory.memoryBytes;
    this.memorySource = memory.memorySource;
    this.#gpu = gpu;
    this.#config = config;
    this.#vocabulary = vocabulary;
    this.#cache = cache;
    this.#known = known;
  }

  /**
   * Opens what is known of a device.
   *
   * @param gpu The device.
   * @param config Context, optimizer and operands of the run.
   * @param vocabulary Ids that the tokenizer knows.
   * @param folder Folder of all caches. @default {cacheFolder()}
   */
  static async of(
    gpu: Gpu,
    config: RunConfig,
    vocabulary: number,
    folder: string | undefined = cacheFolder(),
  ): Promise<MeasuredDevice> {
    const cache = await RateCache.of(gpu, folder);
    const prefix = prefixOf(config, vocabulary);
    const known = new Map(
      [...await cache.read()].filter(([key]) => key.startsWith(prefix)),
    );
    return new MeasuredDevice(gpu, config, vocabulary, cache, known);
  }

  /** The rate of the measured models nearest in size, between them by log. */
  rate(shape: ModelShape): number {
    return Math.exp(
      this.#between(shape, ({ flopsPerSecond }) => Math.log(flopsPerSecond)) ??
        Math.log(guessedRate(this.capabilities)),
    );
  }

  /** Like the rate, of the models nearest in size. */
  bytesRate(shape: ModelShape): number | undefined {
    return this.#between(shape, ({ bytesPerSecond }) => bytesPerSecond);
  }

  /** Like the rate, of the models nearest in size; 0 until one is measured. */
  updateTokens(shape: ModelShape): number {
    return this.#between(shape, ({ updateTokens }) => updateTokens) ?? 0;
  }

  /** What was measured at a size, or between the nearest two; if anything. */
  #between(
    { flopsPerToken }: ModelShape,
    value: (rate: MeasuredRate) => number,
  ): number | undefined {
    const points = [...this.#known.values()]
      .sort((a, b) => a.flopsPerToken - b.flopsPerToken);
    const high = points.find((point) => point.flopsPerToken >= flopsPerToken);
    const low = points.findLast((point) => point.flopsPerToken < flopsPerToken);
    if (!low || !high) {
      const nearest = low ?? high;
      return nearest && value(nearest);
    }
    const share = Math.log(flopsPerToken / low.flopsPerToken) /
      Math.log(high.flopsPerToken / low.flopsPerToken);
    return value(low) * (1 - share) + value(high) * share;
  }

  /** Whether a model's own rate is known. */
  knows(shape: ModelShape): boolean {
    return this.#known.has(this.#keyOf(shape));
  }

  /**
   * Times real steps of a model, with the kernels that tuning has found for it
   * so far, and keeps the rate for later plans.
   *
   * @returns Whether it could be measured: the device may lack the memory.
   */
  async measure(shape: ModelShape): Promise<boolean> {
    const { train, optimizer } = this.#config;
    const { software } = this.capabilities;
    const most = Math.min(
      software ? MICRO_TOKENS.software : MICRO_TOKENS.gpu,
      LONGEST_STEP * this.rate(shape) / shape.flopsPerToken,
    );
    const batch = 2 ** Math.max(0, Math.floor(Math.log2(most / train.context)));
    const kernels = await (await TuningCache.of(this.#gpu)).read();
    let session: TrainingSession;
    try {
      session = await TrainingSession.open(this.#gpu, {
        config: shape.config,
        shape: {
          ...trainingShape({ ...train, batch }, this.#vocabulary),
          accumulates: true,
        },
        optimizer,
        memory: { recompute: "none", limit: null },
        samples: false,
        operands: train.operands,
        choose: chooseBy(
          new Map([...kernels].map(([key, { variant }]) => [key, variant])),
        ),
      });
    } catch (error) {
      if (error instanceof DeviceError && error.kind === "out-of-memory") {
        return false;
      }
      throw error;
    }
    try {
      session.initialize(1);
      const tokens = new Uint32Array(batch * train.context);
      const micro = { inputs: tokens, targets: tokens };
      const one = await stepSeconds(session, [micro], SECONDS);
      const two = await stepSeconds(session, [micro, micro], SECONDS);
      const passes = Math.min(one, Math.max(LEAST_PASSES * one, two - one));
      const moved = movedBytes(
        session.executable.plan.phases.get("accumulate") ?? [],
      );
      const rate = {
        flopsPerToken: shape.flopsPerToken,
        flopsPerSecond: tokens.length * shape.flopsPerToken / passes *
          microBatchCost(this.capabilities, tokens.length),
        bytesPerSecond: moved / passes,
        updateTokens: tokens.length * (one / passes - 1),
      };
      const key = this.#keyOf(shape);
      this.#known.set(key, rate);
      await this.#cache.add(key, rate);
      return true;
    } finally {
      session.close();
    }
  }

  #keyOf({ width, layers }: ModelShape): string {
    return `${
      prefixOf(this.#config, this.#vocabulary)
    }llama ${width}x${layers}`;
  }
}

/**
 * FLOP/s of training by which runs are judged before anything is measured.
 *
 * @param device The device.
 */
export function guessedRate(
  { software }: Pick<PlanningDevice["capabilities"], "software">,
): number {
  return software ? GUESSED_RATE.software : GUESSED_RATE.gpu;
}

/** What every rate of a run depends on besides the model. */
function prefixOf(
  { train, optimizer, model }: RunConfig,
  vocabulary: number,
): string {
  const {
    qk_norm,
    hidden_act,
    final_logit_softcapping,
    value_embeddings,
    residual_scalars,
  } = plannedIngredients(model);
  // Every choice has a word, so that no prefix is the beginning of another.
  return [
    `T${train.context}`,
    `V${vocabulary}`,
    train.operands,
    optimizer.kind,
    optimizer.average === "none" ? "last" : "averaged",
    trainingShape(train, vocabulary).masked ? "masked" : "unmasked",
    qk_norm ? "normalised" : "plain",
    hidden_act,
    final_logit_softcapping === null ? "uncapped" : "capped",
    `E${value_embeddings}`,
    residual_scalars ? "mixed" : "unmixed",
    "",
  ].join(" ");
}
