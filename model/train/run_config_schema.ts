import { OPERAND_PRECISIONS } from "../../kernels/ops/operand_precision.ts";
import { TUNE_MODES } from "../tune/tune_program.ts";
import {
  boolean,
  choice,
  type Field,
  integer,
  nullable,
  number,
  type Section,
  text,
  texts,
} from "../../data/schema.ts";
import type {
  CheckpointSection,
  DataSection,
  EvaluateSection,
  MemorySection,
  OptimizerSection,
  RunConfig,
  SampleSection,
  ScheduleSection,
  TrainSection,
} from "./run_config.ts";
import { byteSize, duration } from "./units.ts";

/** Sections whose keys are always the same. */
export type FixedSection = Exclude<keyof RunConfig, "seed" | "model">;

/** The seed, which stands outside any section. */
export const SEED: Field<number> = integer({
  default: 1,
  minimum: 0,
  description: "seed of the weights, of the order of the data, of the samples",
});

const data: Section<DataSection> = {
  paths: texts({
    default: [],
    description: "files, folders, globs, URLs; empty for the generated primer",
  }),
  tokenizer: nullable(
    text({
      default: "bytes",
      description:
        "bytes, characters, auto for what suits the time, or a tokenizer's path",
    }),
    "the one that the data was prepared with; else auto where a plan " +
      "chooses the model, and bytes where not",
  ),
  text_field: text({
    default: "text",
    description: "field of a JSONL line or column that holds the text",
  }),
  skip_bad: boolean({
    default: false,
    description: "count and skip what cannot be read instead of ending",
  }),
  validation_fraction: number({
    default: 0.1,
    above: 0,
    below: 1,
    description: "share of the text kept for validation",
  }),
  primer_bytes: integer({
    default: 8_000_000,
    minimum: 10_000,
    maximum: 1e12,
    description: "size of the generated primer, in bytes",
  }),
};

const train: Section<TrainSection> = {
  budget: nullable(
    duration({ default: 180, description: "time that training may take" }),
    "no bound",
  ),
  steps: nullable(
    count(1000, "optimizer steps"),
    "as many as the budget allows",
  ),
  context: count(256, "tokens of a sequence"),
  context_ramp: number({
    default: 0,
    minimum: 0,
    // The end of a run is for whole sequences.
    below: 1,
    description:
      "share of the steps over which parts of sequences grow to whole ones",
  }),
  batch: count(8, "sequences of a micro-batch"),
  accumulation: count(1, "micro-batches of a step"),
  batch_ramp: number({
    default: 0,
    minimum: 0,
    maximum: 1,
    description:
      "share of the steps over which micro-batches grow from one to all",
  }),
  document_mask: boolean({
    default: false,
    description: "whether tokens attend only inside their document",
  }),
  tune: choice({
    choices: TUNE_MODES,
    default: "quick",
    description:
      "how thoroughly kernels are timed on this device before training",
  }),
  operands: choice({
    choices: OPERAND_PRECISIONS,
    default: "f32",
    description:
      "what products may round operands to where faster; sums stay in f32",
  }),
  rollback: boolean({
    default: true,
    description:
      "go back to the last good state when the loss breaks away, and leave " +
      "out what it broke on",
  }),
};

const optimizer: Section<OptimizerSection> = {
  kind: choice({
    choices: ["adamw", "muon"],
    default: "muon",
    description: "what updates the matrices of the blocks; AdamW has the rest",
  }),
  learning_rate: nullable(
    number({ default: 1e-3, above: 0, description: "highest learning rate" }),
    "what a law gives for model and tokens",
  ),
  minimum_learning_rate: number({
    default: 0,
    minimum: 0,
    description: "learning rate of the last step",
  }),
  momentum: share(0.95, "decay of Muon's mean of gradients"),
  beta1: share(0.9, "decay of the first moment"),
  beta2: share(0.95, "decay of the second moment"),
  epsilon: number({
    default: 1e-8,
    above: 0,
    description: "added to the root of the second moment",
  }),
  weight_decay: number({
    default: 0.1,
    minimum: 0,
    description: "decay of matrices, relative to the learning rate",
  }),
  cautious: boolean({
    default: false,
    description: "decay only weights that the step moves towards zero",
  }),
  average: choice({
    choices: ["none", "ema", "tail"],
    default: "none",
    description:
      "average of the weights that is evaluated and kept as the model",
  }),
  average_share: number({
    default: 0.1,
    above: 0,
    maximum: 1,
    description: "share of the steps that the average reaches back over",
  }),
  clip: number({
    default: 1,
    minimum: 0,
    description: "largest norm of all gradients together; 0 for no bound",
  }),
};

const schedule: Section<ScheduleSection> = {
  kind: choice({
    choices: ["cosine", "wsd", "constant"],
    default: "wsd",
    description: "shape of the learning rate after the warmup",
  }),
  warmup: steps(100, "steps of linear growth from zero"),
  decay: number({
    // As the fastest public recipes for small models have it.
    default: 0.65,
    minimum: 0,
    maximum: 1,
    description: "share of the steps that wsd's linear decay takes",
  }),
};

const evaluate: Section<EvaluateSection> = {
  every: steps(250, "steps between two evaluations; 0 for only at the end"),
  tokens: count(65536, "most tokens of one evaluation"),
};

const sample: Section<SampleSection> = {
  every: steps(0, "steps between two rounds; 0 for only at the end"),
  prompts: texts({
    default: ["Once upon a time", "Q: What is 2 plus 3? A:"],
    description: "texts to continue",
  }),
  tokens: count(200, "most tokens of one sample"),
  temperature: number({
    default: 0.8,
    minimum: 0,
    description: "divides the logits; 0 always takes the likeliest token",
  }),
  top_k: integer({
    default: 0,
    minimum: 0,
    description: "tokens to choose from, the likeliest; 0 for all",
  }),
  top_p: number({
    default: 1,
    above: 0,
    maximum: 1,
    description: "share of the probability to choose from; 1 for all",
  }),
};

const checkpoint: Section<CheckpointSection> = {
  every: steps(500, "steps between two checkpoints; 0 for only at the end"),
  keep: count(2, "latest checkpoints kept"),
  best: boolean({
    default: true,
    description: "keep the one of the lowest validation loss as well",
  }),
};

const memory: Section<MemorySection> = {
  recompute: choice({
    choices: ["auto", "none", "elementwise", "block"],
    default: "auto",
    description: "activations that are computed again instead of kept",
  }),
  limit: nullable(
    byteSize({ default: 24e9, description: "most bytes on the device" }),
    "what it offers",
  ),
};

/** Every key of the sections, once: default, what is allowed, what it means. */
export const RUN_SECTIONS: {
  readonly [Name in FixedSection]: Section<RunConfig[Name]>;
} = {
  data,
  train,
  optimizer,
  schedule,
  evaluate,
  sample,
  checkpoint,
  memory,
};

function count(defaultCount: number, description: string): Field<number> {
  return integer({
    default: defaultCount,
    minimum: 1,
    maximum: 2 ** 31,
    description,
  });
}

function steps(defaultSteps: number, description: string): Field<number> {
  return integer({ default: defaultSteps, minimum: 0, description });
}

function share(defaultShare: number, description: string): Field<number> {
  return number({ default: defaultShare, minimum: 0, below: 1, description });
}
