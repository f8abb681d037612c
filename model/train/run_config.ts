import type { OperandPrecision } from "../../kernels/ops/operand_precision.ts";
import type { OptimizerKind } from "../parameter_pack.ts";
import type { TuneMode } from "../tune/tune_program.ts";
import type { Gpt2Fields, LlamaFields } from "../config_fields.ts";

/** The model to train: a preset, fields of its family, or both. */
export type ModelSection =
  & {
    /** Name of the preset that gives every field not named; null for none. */
    readonly preset: string | null;
  }
  & (
    | {
      /** Family of the model. */
      readonly family: "gpt2";
      /** Fields that the run sets itself. */
      readonly fields: Partial<Gpt2Fields>;
    }
    | {
      /** Family of the model. */
      readonly family: "llama";
      /** Fields that the run sets itself. */
      readonly fields: Partial<LlamaFields>;
    }
  );

/** What to learn from. */
export interface DataSection {
  /** Files, folders, globs and URLs; none for the generated primer. */
  readonly paths: readonly string[];
  /**
   * `bytes`, `characters`, or a tokenizer's file; null for the one that a
   * prepared corpus was made with, else for bytes.
   */
  readonly tokenizer: string | null;
  /** Field of a JSONL line, or column of a table, that holds the text. */
  readonly text_field: string;
  /** Whether to count and skip what cannot be read instead of ending. */
  readonly skip_bad: boolean;
  /** Share of the text kept for validation. */
  readonly validation_fraction: number;
  /** Size of the generated primer, in bytes. */
  readonly primer_bytes: number;
}

/** How long to train and on how much at a time. */
export interface TrainSection {
  /** Time that training may take, in seconds; null for no bound. */
  readonly budget: number | null;
  /** Optimizer steps; null to derive them from the budget. */
  readonly steps: number | null;
  /** Tokens of a sequence. */
  readonly context: number;
  /**
   * Share of the steps over which the parts of a sequence that tokens attend
   * inside of grow to whole sequences; 0 for whole ones from the first step on.
   */
  readonly context_ramp: number;
  /** Sequences of a micro-batch. */
  readonly batch: number;
  /** Micro-batches of a step. */
  readonly accumulation: number;
  /**
   * Share of the steps over which a step's micro-batches grow from one to all;
   * 0 for all from the first step on.
   */
  readonly batch_ramp: number;
  /** Whether tokens attend only inside their document. */
  readonly document_mask: boolean;
  /** How thoroughly kernels are timed before training. */
  readonly tune: TuneMode;
  /**
   * What matrix products may round their operands to, where that is faster on
   * this device; sums stay in f32. `f16` is for the forward pass alone.
   */
  readonly operands: OperandPrecision;
  /**
   * Whether to go back to the last good state, and to leave batches out, when
   * the loss breaks away or gradients stay not finite.
   */
  readonly rollback: boolean;
}

/** The optimizer and the clipping before it. */
export interface OptimizerSection {
  /**
   * AdamW for all parameters, or Muon for the matrices of the blocks and AdamW
   * for embedding, head, norms and biases. One learning rate serves both.
   */
  readonly kind: OptimizerKind;
  /** Highest learning rate; null for the one that suits model and tokens. */
  readonly learning_rate: number | null;
  /** Learning rate at the schedule's end. */
  readonly minimum_learning_rate: number;
  /** Decay of Muon's mean of gradients. */
  readonly momentum: number;
  /** Decay of the first moment. */
  readonly beta1: number;
  /** Decay of the second moment. */
  readonly beta2: number;
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Decay of matrices, relative to the learning rate. */
  readonly weight_decay: number;
  /** Whether only weights that a step moves towards zero decay. */
  readonly cautious: boolean;
  /**
   * Whether the model is an average of the weights: exponential, or the mean
   * over the last steps.
   */
  readonly average: "none" | "ema" | "tail";
  /** Share of the run's steps that the average reaches back over. */
  readonly average_share: number;
  /** Largest norm of all gradients together; 0 for no bound. */
  readonly clip: number;
}

/** Learning rate over the steps. */
export interface ScheduleSection {
  /** Shape after the warmup. */
  readonly kind: "cosine" | "wsd" | "constant";
  /** Steps of linear growth from zero. */
  readonly warmup: number;
  /** Share of the steps that wsd's linear decay takes. */
  readonly decay: number;
}

/** Measurements on the validation part. */
export interface EvaluateSection {
  /** Steps between two; 0 for only at the end. */
  readonly every: number;
  /** Most tokens of one. */
  readonly tokens: number;
}

/** What the model is asked to write while it learns. */
export interface SampleSection {
  /** Steps between two rounds; 0 for only at the end. */
  readonly every: number;
  /** Texts to continue. */
  readonly prompts: readonly string[];
  /** Most tokens of one. */
  readonly tokens: number;
  /** Divides the logits; 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Tokens to choose from, the likeliest; 0 for all. */
  readonly top_k: number;
  /** Share of the probability to choose from; 1 for all. */
  readonly top_p: number;
}

/** What is kept on disk. */
export interface CheckpointSection {
  /** Steps between two; 0 for only at the end. */
  readonly every: number;
  /** Latest checkpoints kept. */
  readonly keep: number;
  /** Whether the one of the lowest validation loss is kept as well. */
  readonly best: boolean;
}

/** How the plan fits the device. */
export interface MemorySection {
  /** Which activations are computed again instead of kept. */
  readonly recompute: "auto" | "none" | "elementwise" | "block";
  /** Most bytes on the device; null for what it offers. */
  readonly limit: number | null;
}

/** Everything that decides a run. */
export interface RunConfig {
  /** Seed of the weights, of the order of the data and of the samples. */
  readonly seed: number;
  /** The model to train. */
  readonly model: ModelSection;
  /** What to learn from. */
  readonly data: DataSection;
  /** How long to train and on how much at a time. */
  readonly train: TrainSection;
  /** The optimizer and the clipping before it. */
  readonly optimizer: OptimizerSection;
  /** Learning rate over the steps. */
  readonly schedule: ScheduleSection;
  /** Measurements on the validation part. */
  readonly evaluate: EvaluateSection;
  /** What the model is asked to write while it learns. */
  readonly sample: SampleSection;
  /** What is kept on disk. */
  readonly checkpoint: CheckpointSection;
  /** How the plan fits the device. */
  readonly memory: MemorySection;
}

/** A run's configuration with its learning rate decided. */
export type SettledRunConfig = RunConfig & {
  readonly optimizer: { readonly learning_rate: number };
};
