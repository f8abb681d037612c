import type { MeasuredSpeed } from "./measure_speed.ts";
import type { RunConfig } from "./run_config.ts";

/** Seconds that the parts of a run take each time. */
export interface RunCosts {
  /** One optimizer step of all its micro-batches. */
  readonly step: number;
  /** Share of a step that it takes however few its micro-batches are. */
  readonly update: number;
  /** One evaluation. */
  readonly evaluation: number;
  /** One round of samples. */
  readonly samples: number;
  /** One checkpoint. */
  readonly checkpoint: number;
  /** The exercises at the end. */
  readonly exercises: number;
}

/** Seconds that writing a checkpoint is assumed to take. */
const CHECKPOINT_SECONDS = 0.5;

/** What a run's costs depend on. */
export interface CostsQuestion {
  /** The run. */
  readonly config: RunConfig;
  /** Measured times. */
  readonly speed: MeasuredSpeed;
  /** As in {@linkcode RunCosts}. @default {0} */
  readonly update?: number;
  /** Sequences that the exercises at the end take; 0 for none. */
  readonly exerciseRows: number;
  /** Tokens that there are to measure on. @default {Infinity} */
  readonly validationTokens?: number;
}

/** What the parts of a run will take, by the speed of the device. */
export function runCosts(
  { config, speed, update = 0, exerciseRows, validationTokens = Infinity }:
    CostsQuestion,
): RunCosts {
  const { train, evaluate, sample } = config;
  const tokens = Math.min(evaluate.tokens, validationTokens);
  const batches = Math.max(
    1,
    Math.floor(tokens / (train.batch * train.context)),
  );
  return {
    step: speed.step,
    update,
    evaluation: batches * speed.evaluation,
    samples: sample.prompts.length * sample.tokens * speed.token,
    checkpoint: CHECKPOINT_SECONDS,
    exercises: Math.ceil(exerciseRows / train.batch) * speed.evaluation,
  };
}

/**
 * Time of a step of fewer micro-batches, as a share of one of all.
 *
 * @param costs What does not depend on their number.
 * @param share Its micro-batches, as a share of all.
 */
export function timeShare(
  { update }: Pick<RunCosts, "update">,
  share: number,
): number {
  // Exactly 1 for a step of all its micro-batches.
  return 1 - (1 - update) * (1 - share);
}

/**
 * Optimizer steps that fit a time, after what evaluations, samples, checkpoints
 * and exercises take of it.
 *
 * @param config How often each happens.
 * @param costs What each takes.
 * @param seconds The time, to the end of the run.
 * @param share Mean micro-batches of the steps, as a share of all.
 * @returns Steps, not rounded; below 0 where there is no time left for the end.
 */
export function stepsWithin(
  { evaluate, sample, checkpoint }: Pick<
    RunConfig,
    "evaluate" | "sample" | "checkpoint"
  >,
  costs: RunCosts,
  seconds: number,
  share: number,
): number {
  const { evaluation, samples, exercises } = costs;
  const end = evaluation + samples + exercises + costs.checkpoint;
  const spread = (cost: number, every: number) => every > 0 ? cost / every : 0;
  const perStep = costs.step * timeShare(costs, share) +
    spread(
      evaluation + (checkpoint.best ? costs.checkpoint : 0),
      evaluate.every,
    ) +
    spread(samples, sample.every) +
    spread(costs.checkpoint, checkpoint.every);
  return (seconds - end) / perStep;
}
