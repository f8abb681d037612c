import type { MeasuredSpeed } from "./measure_speed.ts";
import type { RunConfig } from "./run_config.ts";

/** Seconds that writing a checkpoint is assumed to take. */
const CHECKPOINT_SECONDS = 0.5;

/** What the number of steps depends on. */
export interface StepsQuestion {
  /** The run. */
  readonly config: RunConfig;
  /** Measured times. */
  readonly speed: MeasuredSpeed;
  /** Time from now to the end of the budget, in seconds. */
  readonly secondsLeft: number;
  /** Sequences that the exercises at the end take; 0 for none. */
  readonly exerciseRows: number;
}

/**
 * Optimizer steps that fit a time, after what evaluations, samples, checkpoints
 * and exercises take of it.
 *
 * @returns At least 1.
 */
export function planSteps(
  { config, speed, secondsLeft, exerciseRows }: StepsQuestion,
): number {
  const { train, evaluate, sample, checkpoint } = config;
  const batches = Math.max(
    1,
    Math.floor(evaluate.tokens / (train.batch * train.context)),
  );
  const evaluation = batches * speed.evaluation;
  const samples = sample.prompts.length * sample.tokens * speed.token;
  const exercises = Math.ceil(exerciseRows / train.batch) * speed.evaluation;
  const end = evaluation + samples + exercises + CHECKPOINT_SECONDS;
  const share = (seconds: number, every: number) =>
    every > 0 ? seconds / every : 0;
  const perStep = speed.step +
    share(
      evaluation + (checkpoint.best ? CHECKPOINT_SECONDS : 0),
      evaluate.every,
    ) +
    share(samples, sample.every) +
    share(CHECKPOINT_SECONDS, checkpoint.every);
  return Math.max(1, Math.floor((secondsLeft - end) / perStep));
}
