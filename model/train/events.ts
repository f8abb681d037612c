import type { RunConfig } from "./run_config.ts";

/** What is expected of a run before its first step. */
export interface PredictedOutcome {
  /** Seconds of all of it, the start included. */
  readonly seconds: number;
  /** Tokens that it learns from. */
  readonly tokens: number;
  /**
   * Last validation loss by a scaling law, in nats; null where no model was
   * planned, or where the law says nothing: small models have losses by it that
   * are worse than guessing.
   */
  readonly loss: number | null;
}

/** Training has been planned and is about to take its first step. */
export interface StartedEvent {
  /** Tells the events apart. */
  readonly type: "started";
  /** The run as it was resolved. */
  readonly config: RunConfig;
  /** Trainable parameters, a shared one counted once. */
  readonly parameters: number;
  /** Steps that the run will take in all. */
  readonly steps: number;
  /** Steps already taken by the run that this one resumes; 0 for a fresh one. */
  readonly step: number;
  /** Tokens that one step learns from; after `train.batch_ramp`, if it has one. */
  readonly tokensPerStep: number;
  /** Bytes that the plan takes on the device, by category. */
  readonly planBytes: Readonly<Record<string, number>>;
  /** Bytes on the device at the plan's peak. */
  readonly peakBytes: number;
  /** Name of the device. */
  readonly device: string;
  /** What is expected of the run, where it has a budget. */
  readonly predicted?: PredictedOutcome;
}

/** One optimizer step has been taken. */
export interface StepEvent {
  /** Tells the events apart. */
  readonly type: "step";
  /** Optimizer steps taken so far. */
  readonly step: number;
  /** Steps that the run will take in all, as far as is known by now. */
  readonly steps: number;
  /** Tokens learnt from so far. */
  readonly tokens: number;
  /** Floating-point operations of the training so far. */
  readonly flops: number;
  /** Seconds of training so far, evaluations and checkpoints included. */
  readonly seconds: number;
  /** Mean loss of the step's tokens, in nats. */
  readonly trainLoss: number;
  /** Learning rate that the step used. */
  readonly learningRate: number;
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /** Speed of late, in tokens a second. */
  readonly tokensPerSecond: number;
  /** Speed of late, in floating-point operations a second. */
  readonly flopsPerSecond: number;
  /** Seconds until the last step, by the speed of late. */
  readonly secondsLeft: number;
  /** Bytes on the device at their peak. */
  readonly peakBytes: number;
  /** Whether the step was dropped because a gradient was not finite. */
  readonly skipped: boolean;
}

/** The model has been measured on the validation part. */
export interface EvaluatedEvent {
  /** Tells the events apart. */
  readonly type: "evaluated";
  /** Optimizer steps taken so far. */
  readonly step: number;
  /** Mean loss over the validation tokens, in nats. */
  readonly validationLoss: number;
  /** The same in bits per byte of text; null where bytes are not known. */
  readonly bitsPerByte: number | null;
  /** Loss that the scaling law of the run's plan gives for so many tokens. */
  readonly predictedLoss: number | null;
}

/** The model has written something. */
export interface SampledEvent {
  /** Tells the events apart. */
  readonly type: "sampled";
  /** Optimizer steps taken so far. */
  readonly step: number;
  /** What the model was to continue. */
  readonly prompt: string;
  /** The continuation, without the prompt. */
  readonly text: string;
}

/** A checkpoint is safely on disk. */
export interface CheckpointedEvent {
  /** Tells the events apart. */
  readonly type: "checkpointed";
  /** Optimizer steps taken so far. */
  readonly step: number;
  /** The checkpoint's folder. */
  readonly path: string;
  /** Whether its validation loss is the lowest so far. */
  readonly best: boolean;
}

/** Held-out exercises of one skill. */
export interface ExerciseResult {
  /** Name of the skill. */
  readonly skill: string;
  /** Exercises answered right. */
  readonly correct: number;
  /** Exercises asked. */
  readonly total: number;
  /** Share of them that guessing would get right. */
  readonly chance: number;
}

/** Training has ended. */
export interface FinishedEvent {
  /** Tells the events apart. */
  readonly type: "finished";
  /** Optimizer steps taken in all. */
  readonly step: number;
  /** Tokens learnt from in all. */
  readonly tokens: number;
  /** Seconds of training in all. */
  readonly seconds: number;
  /** Seconds of the budget that have passed, the start included, if it has one. */
  readonly spent?: number;
  /** Last validation loss, in nats; null where none was measured. */
  readonly validationLoss: number | null;
  /** Folder of the last checkpoint; null where none was written. */
  readonly checkpoint: string | null;
  /** How the model did on held-out exercises, where the data has them. */
  readonly exercises?: readonly ExerciseResult[];
  /** Why it ended. */
  readonly reason: "completed" | "interrupted";
}

/** Something worth a line. */
export interface NoticeEvent {
  /** Tells the events apart. */
  readonly type: "notice";
  /** One line for people. */
  readonly message: string;
}

/** What a training run reports, in the order in which it happens. */
export type TrainEvent =
  | StartedEvent
  | StepEvent
  | EvaluatedEvent
  | SampledEvent
  | CheckpointedEvent
  | FinishedEvent
  | NoticeEvent;
