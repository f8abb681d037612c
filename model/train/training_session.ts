import type { BatchDocuments } from "../../data/batch.ts";
import { InputError } from "../../data/input_error.ts";
import { formatBytes } from "../../data/format.ts";
import { Executable } from "../../kernels/plan/executable.ts";
import {
  KEEP_ALL,
  type RecomputePolicy,
} from "../../kernels/plan/recompute.ts";
import type { Plan } from "../../kernels/plan/plan.ts";
import type { OperandPrecision } from "../../kernels/ops/operand_precision.ts";
import type { ChooseVariant } from "../../kernels/plan/plan_options.ts";
import type { Capabilities } from "../../kernels/runtime/capabilities.ts";
import { DeviceError } from "../../kernels/runtime/device_error.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { generationProgram } from "../generate/generation_program.ts";
import { TokenGenerator } from "../generate/token_generator.ts";
import { LanguageModel } from "../language_model.ts";
import { layersOf, type ModelConfig } from "../model_config.ts";
import { allowedPolicies } from "./allowed_policies.ts";
import type { MemorySection, OptimizerSection } from "./run_config.ts";
import {
  hyperValues,
  type StepNumbers,
  type TrainingProgram,
  trainingProgram,
} from "./training_program.ts";
import type { TrainingShape } from "./training_shape.ts";

/** Sequences to learn from or to measure on. */
export interface TokenBatch {
  /** Token ids, B·T. */
  readonly inputs: Uint32Array;
  /** Token ids to predict, B·T. */
  readonly targets: Uint32Array;
  /**
   * Where the documents lie, or the parts that sequences are cut into; used
   * where tokens attend only inside theirs. A row is one where absent.
   */
  readonly documents?: Pick<BatchDocuments, "starts">;
}

/** What the device reports of a step. */
export interface StepResult {
  /** Steps taken, the reported one included. */
  readonly step: number;
  /** Mean loss of the step's tokens, in nats. */
  readonly loss: number;
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /** Gradients that were not finite; the step changed nothing if there are any. */
  readonly nonFinite: number;
}

/** What a session is opened for. */
export interface SessionOptions {
  /** The model. */
  readonly config: ModelConfig;
  /** Size of a micro-batch. */
  readonly shape: TrainingShape;
  /** Constants of the optimizer. */
  readonly optimizer: OptimizerSection;
  /** What may be recomputed, and how many bytes may be taken. */
  readonly memory: MemorySection;
  /** Whether the model shall generate samples. */
  readonly samples: boolean;
  /** Whether launches are timed. */
  readonly profile?: boolean;
  /** Picks kernel variants; the heuristic's choice where absent. */
  readonly choose?: ChooseVariant;
  /** What matrix products may round their operands to. @default "f32" */
  readonly operands?: OperandPrecision;
}

/** The heuristic's choice, which plans are made with. */
const USUAL: ChooseVariant = (_problem, [usual]) => usual;

/**
 * A model in training on a device: the compiled program and the calls that a
 * trainer makes of it.
 *
 * @example
 * ```ts
 * import {
 *   openDevice,
 *   parseRunConfig,
 *   resolveModel,
 *   TrainingSession,
 * } from "@minnow/minnow";
 * import { assert } from "@std/assert";
 *
 * const config = resolveModel(
 *   {
 *     preset: null,
 *     family: "llama",
 *     fields: { hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 1 },
 *   },
 *   { vocabSize: 257, context: 16, bosTokenId: 256, eosTokenId: 256 },
 *   "example",
 * );
 * const { optimizer, memory } = parseRunConfig("", "run.yaml");
 *
 * const gpu = await openDevice();
 * const session = await TrainingSession.open(gpu, {
 *   config,
 *   shape: { batch: 1, context: 16, vocabulary: 257 },
 *   optimizer,
 *   memory,
 *   samples: false,
 * });
 * session.initialize(1);
 * const tokens = new TextEncoder().encode("a text of 17 byte");
 * const batch = {
 *   inputs: Uint32Array.from(tokens.subarray(0, 16)),
 *   targets: Uint32Array.from(tokens.subarray(1)),
 * };
 * const losses = [];
 * for (let step = 1; step <= 3; step++) {
 *   session.step([batch], { step, learningRate: 0.01 });
 *   losses.push((await session.result())?.loss ?? NaN);
 * }
 * assert(losses[2] < losses[0]);
 * gpu.close();
 * ```
 */
export class TrainingSession {
  /** The model. */
  readonly model: LanguageModel;
  /** Its graphs and tensors. */
  readonly program: TrainingProgram;
  /** The compiled program. */
  readonly executable: Executable<number>;
  /** Generates samples, if that was asked for. */
  readonly generator: TokenGenerator | undefined;
  /** The kernel variants that it runs, by problem. */
  readonly variants: ReadonlyMap<string, string>;
  readonly #options: SessionOptions;

  private constructor(
    model: LanguageModel,
    program: TrainingProgram,
    executable: Executable<number>,
    variants: ReadonlyMap<string, string>,
    options: SessionOptions,
  ) {
    this.model = model;
    this.variants = variants;
    this.program = program;
    this.executable = executable;
    this.#options = options;
    this.generator = program.generation &&
      new TokenGenerator(
        executable,
        program.generation,
        options.shape.vocabulary,
      );
  }

  /**
   * Plans and compiles the training of a model. Where memory does not suffice
   * and the run allows it, activations are recomputed: results of cheap ops
   * first, then whole blocks, as few as necessary. Chosen kernels that take more
   * than the usual ones, for sums in parts, give way to them before that.
   *
   * @throws {InputError} if no allowed plan fits the limit.
   * @throws {DeviceError} if no allowed plan fits the device.
   */
  static async open(
    gpu: Gpu,
    options: SessionOptions,
  ): Promise<TrainingSession> {
    const { memory: { recompute, limit }, config } = options;
    let refusal: DeviceError | undefined;
    let least = Infinity;
    const layers = layersOf(config);
    const choices = new Set([options.choose ?? USUAL, USUAL]);
    const ways = allowedPolicies(recompute, layers)
      .flatMap((policy) => [...choices].map((choose) => ({ policy, choose })));
    for (const { policy, choose } of ways) {
      const { model, program } = build(
        gpu.capabilities,
        options,
        policy,
      );
      const variants = new Map<string, string>();
      const plan = program.plan(gpu.capabilities, (key, candidates, pose) => {
        const chosen = choose(key, candidates, pose);
        variants.set(key, chosen.name);
        return chosen;
      }, options.operands);
      least = Math.min(least, plan.peakBytes);
      if (limit !== null && plan.peakBytes > limit) continue;
      try {
        const executable = await Executable.compile<number>(gpu, plan, {
          profile: options.profile ?? false,
        });
        return new TrainingSession(
          model,
          program,
          executable,
          variants,
          options,
        );
      } catch (error) {
        if (!(error instanceof DeviceError) || error.kind !== "out-of-memory") {
          throw error;
        }
        refusal = error;
      }
    }
    if (refusal) throw refusal;
    throw new InputError(
      `This run needs at least ${formatBytes(least)} on the device, and ` +
        `memory.limit is ${formatBytes(limit ?? 0)}; raise it, or lower ` +
        `train.batch, train.context or the model`,
    );
  }

  /**
   * Plans what {@linkcode TrainingSession.open} would.
   *
   * @param capabilities What to plan for; no device is needed.
   * @param choose Picks kernel variants.
   * @param policy Activations that are computed again. @default {KEEP_ALL}
   */
  static plan(
    capabilities: Capabilities,
    options: SessionOptions,
    choose: ChooseVariant,
    policy: RecomputePolicy = KEEP_ALL,
  ): Plan {
    return build(capabilities, options, policy).program.plan(
      capabilities,
      choose,
      options.operands,
    );
  }

  /** Fills the weights with fresh values and the moments with zeros. */
  initialize(seed: number): void {
    const { parameters } = this.model;
    for (const { tensor, values } of parameters.initialValues(seed)) {
      this.executable.write(tensor, values);
    }
    this.clearMoments();
  }

  /** Forgets what the optimizer has seen. */
  clearMoments(): void {
    for (const pack of this.model.parameters.packs) {
      const moments = pack.optimizer === "muon"
        ? [pack.momentum]
        : [pack.firstMoment, pack.secondMoment];
      for (const moment of moments) this.executable.clear(moment);
    }
  }

  /**
   * Queues one optimizer step over micro-batches; nothing is waited for.
   *
   * @param batches Micro-batches, at least one, all of the session's shape.
   * @param numbers What the optimizer needs to know of the step.
   */
  step(batches: readonly TokenBatch[], numbers: StepNumbers): void {
    const { batch, context } = this.#options.shape;
    const { executable, program } = this;
    executable.write(
      program.scale,
      Float32Array.of(1 / (batches.length * batch * context)),
    );
    executable.write(
      program.hyper,
      hyperValues(numbers, this.#options.optimizer),
    );
    batches.forEach((tokens, index) => {
      this.#upload(tokens);
      const phase = index === 0 ? "micro" : "accumulate";
      if (index < batches.length - 1) executable.submit([phase]);
      else {
        executable.submit([phase, "update"], {
          tensor: program.metrics,
          tag: numbers.step,
        });
      }
    });
  }

  /** Waits for the oldest step's report; undefined if there is none. */
  async result(): Promise<StepResult | undefined> {
    const taken = await this.executable.ring.take();
    if (!taken) return undefined;
    const [loss, gradientNorm, nonFinite] = taken.data;
    return { step: taken.tag, loss, gradientNorm, nonFinite };
  }

  /**
   * Mean loss over micro-batches, without learning from them.
   *
   * @param batches Micro-batches of the session's shape; targets may be ignored.
   * @param count Targets in all batches that are not ignored.
   */
  async evaluate(
    batches: Iterable<TokenBatch>,
    count: number,
  ): Promise<number> {
    const { executable, program } = this;
    executable.write(program.scale, Float32Array.of(1 / count));
    for (const tokens of batches) {
      this.#upload(tokens);
      executable.submit(["evaluate"]);
    }
    executable.submit(["conclude"]);
    const [loss] = await executable.read(program.evaluation);
    return loss;
  }

  /**
   * Does something with the average of the weights in their place, where one is
   * kept, and puts the weights back, to the bit. There is an average from the
   * first step on.
   *
   * @returns What `work` gives.
   */
  async withAverage<T>(work: () => Promise<T>): Promise<T> {
    if (!this.model.parameters.averaged) return await work();
    this.executable.submit(["exchange"]);
    try {
      return await work();
    } finally {
      this.executable.submit(["exchange"]);
    }
  }

  /** Loss of every token of one micro-batch, (B·T); 0 where ignored. */
  async tokenLosses(tokens: TokenBatch): Promise<Float32Array> {
    const { executable, program } = this;
    executable.write(program.scale, Float32Array.of(1));
    this.#upload(tokens);
    executable.submit(["evaluate", "conclude"]);
    return await executable.read(program.rows);
  }

  /** Frees the program. */
  close(): void {
    this.executable.destroy();
  }

  #upload({ inputs, targets, documents }: TokenBatch): void {
    const { tokens, targets: wanted, starts } = this.program;
    this.executable.write(tokens, inputs);
    this.executable.write(wanted, targets);
    if (!starts) return;
    this.executable.write(
      starts,
      documents?.starts ?? new Uint32Array(inputs.length),
    );
  }
}

function build(
  { limits }: Capabilities,
  options: SessionOptions,
  policy: RecomputePolicy,
): { model: LanguageModel; program: TrainingProgram } {
  const { config, shape, optimizer, samples } = options;
  const model = new LanguageModel(
    config,
    limits.maxBufferSize,
    { optimizer: optimizer.kind, averaged: optimizer.average !== "none" },
  );
  const generation = samples
    ? generationProgram(model, { capacity: model.positions, prompts: false })
    : undefined;
  return {
    model,
    program: trainingProgram(model, shape, optimizer, policy, generation),
  };
}
