import type { SettledRunConfig } from "./run_config.ts";
import type { ScheduleOptions } from "./schedule.ts";

/**
 * The schedule of a run.
 *
 * @param config The run.
 * @param steps Its steps as planned.
 */
export function scheduleOptionsOf(
  { optimizer, schedule }: SettledRunConfig,
  steps: number,
): ScheduleOptions {
  return {
    ...schedule,
    steps,
    learningRate: optimizer.learning_rate,
    minimumLearningRate: optimizer.minimum_learning_rate,
  };
}
