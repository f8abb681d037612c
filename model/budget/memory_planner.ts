import type { RecomputePolicy } from "../../kernels/plan/recompute.ts";
import type { MemoryCategory } from "../../kernels/plan/plan.ts";
import type { Capabilities } from "../../kernels/runtime/capabilities.ts";
import type { OptimizerKind } from "../parameter_pack.ts";
import { allowedPolicies } from "../train/allowed_policies.ts";
import type { RunConfig } from "../train/run_config.ts";
import { TrainingSession } from "../train/training_session.ts";
import { microBatchCost } from "./micro_batch_cost.ts";
import type { ModelShape } from "./model_shape.ts";
import { trainingShape } from "../train/training_shape.ts";

/** Bytes of a training program, as the planner of graphs counts them. */
export interface ProgramBytes {
  /** All of them. */
  readonly peakBytes: number;
  /** By category. */
  readonly bytes: Readonly<Record<MemoryCategory, number>>;
}

/** How a step of a model is cut so that it fits. */
export interface MemoryFit extends ProgramBytes {
  /** Sequences of a micro-batch. */
  readonly batch: number;
  /** Micro-batches of a step. */
  readonly accumulation: number;
  /** Activations that are computed again. */
  readonly policy: RecomputePolicy;
  /** Time of a step against one of full kernels and nothing computed twice. */
  readonly slowdown: number;
}

/**
 * Bytes in f32 of a parameter's weight, gradient and moments: AdamW has two
 * moments, and Muon one.
 */
const STATE_BYTES = { adamw: 16, muon: 12 };
/** A larger micro-batch is not tried where it would gain less than this. */
const LEAST_GAIN = 0.02;
/** Share of a step's time that replaying cheap operations takes, assumed. */
const ELEMENTWISE_COST = 0.02;
/** Least share of its activations that a smaller micro-batch is sure to keep. */
const PROPORTIONAL = 0.8;

/** What does not fit however much memory there is. */
const NO_PLACE: ProgramBytes = {
  peakBytes: Infinity,
  bytes: {
    weights: 0,
    gradients: 0,
    moments: 0,
    activations: 0,
    inputs: 0,
    staging: 0,
  },
};

/** Asks the planner of graphs for the memory of models that it could train. */
export class MemoryPlanner {
  readonly #capabilities: Capabilities;
  readonly #config: RunConfig;
  readonly #vocabulary: number;
  readonly #known = new Map<string, ProgramBytes>();

  /**
   * Makes a planner for one device and one run.
   *
   * @param capabilities What the device offers.
   * @param config Context, optimizer, operands, samples of the run, and what it
   * may compute again.
   * @param vocabulary Ids that the tokenizer knows.
   */
  constructor(
    capabilities: Capabilities,
    config: RunConfig,
    vocabulary: number,
  ) {
    this.#capabilities = capabilities;
    this.#config = config;
    this.#vocabulary = vocabulary;
  }

  /** What updates the matrices of the blocks. */
  get optimizer(): OptimizerKind {
    return this.#config.optimizer.kind;
  }

  /** Bytes that no way of training this model can do without. */
  least({ parameters }: ModelShape): number {
    const { kind, average } = this.#config.optimizer;
    const averageBytes = average === "none" ? 0 : 4;
    return (STATE_BYTES[kind] + averageBytes) * parameters;
  }

  /**
   * Bytes of a model's training with the usual kernels, exactly; `Infinity`
   * where a tensor is too large for the device's buffers.
   *
   * @param shape The model.
   * @param batch Sequences of a micro-batch.
   * @param policy Activations that are computed again.
   */
  bytes(
    { config, width, layers }: ModelShape,
    batch: number,
    policy: RecomputePolicy,
  ): ProgramBytes {
    const key = [width, layers, batch, policy.elementwise, policy.blocks]
      .join();
    const known = this.#known.get(key);
    if (known) return known;
    const planned = this.#plan(config, batch, policy);
    this.#known.set(key, planned);
    return planned;
  }

  #plan(
    config: ModelShape["config"],
    batch: number,
    policy: RecomputePolicy,
  ): ProgramBytes {
    const { train, optimizer, memory, sample } = this.#config;
    try {
      const { peakBytes, bytes } = TrainingSession.plan(
        this.#capabilities,
        {
          config,
          shape: trainingShape({ ...train, batch }, this.#vocabulary),
          optimizer,
          memory,
          samples: sample.prompts.length > 0,
          operands: train.operands,
        },
        (_key, [usual]) => usual,
        policy,
      );
      return { peakBytes, bytes };
    } catch (error) {
      // A tensor that is larger than the largest buffer has no place at all.
      if (error instanceof RangeError) return NO_PLACE;
      throw error;
    }
  }

  /**
   * The fastest way to take a step within a limit: larger micro-batches keep
   * kernels busy, smaller ones and recomputation take less memory.
   *
   * @param shape The model.
   * @param sequences Sequences of a step, a power of two.
   * @param limit Most bytes.
   * @param batches Sizes of micro-batches to choose from, where not all do.
   * @returns The way, or undefined if none fits.
   */
  fit(
    shape: ModelShape,
    sequences: number,
    limit: number,
    batches: readonly number[] = this.#worthwhile(sequences),
  ): MemoryFit | undefined {
    if (this.least(shape) > limit) return undefined;
    const { context } = this.#config.train;
    const slowdown = (batch: number, policy: RecomputePolicy) =>
      microBatchCost(this.#capabilities, batch * context) *
      (1 + replayCost(policy, shape));
    const ways = batches
      .flatMap((batch) =>
        this.#levels(shape).map((policy) => ({
          batch,
          policy,
          slowdown: slowdown(batch, policy),
        }))
      )
      .sort((a, b) => a.slowdown - b.slowdown);
    const failed: { batch: number; policy: RecomputePolicy; floor: number }[] =
      [];
    for (const way of ways) {
      const hopeless = failed.some(({ batch, policy, floor }) =>
        way.policy.blocks <= policy.blocks &&
        (policy.elementwise || !way.policy.elementwise) &&
        (way.batch >= batch ||
          floor * way.batch / batch > limit - this.least(shape))
      );
      if (hopeless) continue;
      const planned = this.bytes(shape, way.batch, way.policy);
      if (planned.peakBytes <= limit && planned !== NO_PLACE) {
        const policy = this.#fewest(shape, way.batch, way.policy, limit);
        return {
          ...this.bytes(shape, way.batch, policy),
          ...way,
          policy,
          accumulation: sequences / way.batch,
          slowdown: slowdown(way.batch, policy),
        };
      }
      const floor = PROPORTIONAL * planned.bytes.activations;
      failed.push({ ...way, floor });
    }
    return undefined;
  }

  /** Powers of two, as long as twice as many are worth having. */
  #worthwhile(sequences: number): number[] {
    const { context } = this.#config.train;
    return powersOfTwo(sequences).filter((batch) =>
      batch === 1 ||
      microBatchCost(this.#capabilities, batch * context / 2) > 1 + LEAST_GAIN
    );
  }

  /** Between the levels tried, the fewest blocks that have to be replayed. */
  #fewest(
    shape: ModelShape,
    batch: number,
    policy: RecomputePolicy,
    limit: number,
  ): RecomputePolicy {
    const less = Math.max(
      0,
      ...this.#levels(shape).map(({ blocks }) => blocks)
        .filter((blocks) => blocks < policy.blocks),
    );
    const between = this.#allowed(shape).filter(({ blocks }) =>
      blocks > less && blocks < policy.blocks
    );
    let low = 0;
    let high = between.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const planned = this.bytes(shape, batch, between[middle]);
      if (planned.peakBytes <= limit) high = middle;
      else low = middle + 1;
    }
    return between[high] ?? policy;
  }

  /** Policies that the run allows, in quarters of blocks. */
  #levels(shape: ModelShape): RecomputePolicy[] {
    const quarters = [0, 1, 2, 3, 4].map((n) =>
      Math.ceil(n * shape.layers / 4)
    );
    return this.#allowed(shape).filter(({ blocks }) =>
      quarters.includes(blocks)
    );
  }

  #allowed({ layers }: ModelShape): RecomputePolicy[] {
    return allowedPolicies(this.#config.memory.recompute, layers);
  }
}

/** Powers of two up to one. */
function powersOfTwo(most: number): number[] {
  const powers: number[] = [];
  for (let power = most; power >= 1; power /= 2) powers.push(power);
  return powers;
}

/** Share of a step's time that is spent on computing again. */
function replayCost(
  { elementwise, blocks }: RecomputePolicy,
  { layers, parameters, blockParameters }: ModelShape,
): number {
  // A forward pass is a third of a step.
  const forward = blockParameters / parameters / 3;
  return Math.max(
    elementwise ? ELEMENTWISE_COST : 0,
    forward * blocks / layers,
  );
}
