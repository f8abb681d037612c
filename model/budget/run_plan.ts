import type { RunConfig } from "../train/run_config.ts";
import type { MemoryFit, MemoryPlanner } from "./memory_planner.ts";
import type { ModelShape } from "./model_shape.ts";
import type { PlanningDevice } from "./planning_device.ts";
import type { BatchLaw } from "./recipe_law.ts";
import type { ScalingLaw } from "./scaling_law.ts";

/** What a plan depends on. */
export interface PlanQuestion {
  /** Time that training may take, in seconds. */
  readonly seconds: number;
  /** Most bytes on the device; null where nobody knows. */
  readonly memory: number | null;
  /** The device. */
  readonly device: PlanningDevice;
  /** The law that losses are predicted by. */
  readonly law: ScalingLaw;
  /** Tokens of the model's later use; 0 to leave it out of the choice. */
  readonly inferenceTokens: number;
  /** Different tokens that there are to learn from; null for enough. */
  readonly uniqueTokens: number | null;
  /** How the batch is derived. */
  readonly batchLaw: BatchLaw;
  /** Models to choose from, ascending. */
  readonly shapes: readonly ModelShape[];
  /** What the plan leaves as it is: data, context, operands, samples. */
  readonly base: RunConfig;
  /**
   * Dotted keys of the base that somebody decided: the plan leaves them, too.
   *
   * @default none
   */
  readonly given?: ReadonlySet<string>;
  /** Seconds before the first step; a share of the run is assumed if absent. */
  readonly startSeconds?: number;
  /** Answers how much memory a model takes. */
  readonly memoryPlanner: MemoryPlanner;
}

/** A model and what would become of it in the time. */
export interface PlanCandidate {
  /** The model. */
  readonly shape: ModelShape;
  /** Optimizer steps. */
  readonly steps: number;
  /** Tokens trained on. */
  readonly tokens: number;
  /** Loss by the law, in nats a token. */
  readonly predictedLoss: number;
  /** The loss, and what the model's use costs where that counts. */
  readonly score: number;
  /** Seconds of the whole run. */
  readonly seconds: number;
  /** How a step is cut; undefined if nothing fits the memory. */
  readonly fit: MemoryFit | undefined;
  /** Sequences of a step. */
  readonly sequences: number;
  /** Highest learning rate. */
  readonly learningRate: number;
  /** Whether the learning rate is held below what its law asks for. */
  readonly held: boolean;
}

/** A candidate whose training fits the memory. */
export type FittingCandidate = PlanCandidate & { readonly fit: MemoryFit };

/** What was decided. */
export interface RunPlan {
  /** The choice. */
  readonly chosen: FittingCandidate;
  /** Models around it, ascending; the choice among them. */
  readonly candidates: readonly PlanCandidate[];
  /** Whether memory kept the plan from a model that it prefers. */
  readonly memoryBound: boolean;
  /** Configuration of the run. */
  readonly config: RunConfig;
}
