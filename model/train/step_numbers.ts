import { averagePart } from "./average_part.ts";
import type { SettledRunConfig } from "./run_config.ts";
import { learningRate } from "./schedule.ts";
import type { StepNumbers } from "./training_program.ts";

/**
 * What a run decides for one of its steps.
 *
 * @param step Steps taken, this one included.
 * @param position Its place in the schedule, counted from 0.
 * @param run The run, and its steps as planned.
 */
export function stepNumbers(
  step: number,
  position: number,
  { config: { optimizer, schedule }, steps }: {
    readonly config: Pick<SettledRunConfig, "optimizer" | "schedule">;
    readonly steps: number;
  },
): StepNumbers {
  return {
    step,
    learningRate: learningRate(position, {
      ...schedule,
      steps,
      learningRate: optimizer.learning_rate,
      minimumLearningRate: optimizer.minimum_learning_rate,
    }),
    averagePart: averagePart(position, steps, optimizer),
  };
}
