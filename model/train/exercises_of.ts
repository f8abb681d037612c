import type { ExerciseResult } from "./events.ts";
import type { PreparedRun } from "./prepare_run.ts";
import { EXERCISES_PER_SKILL, scoreExercises } from "./score_exercises.ts";

/**
 * Asks a run's model the primer's held-out exercises.
 *
 * @param run The run.
 * @returns Right answers by skill.
 */
export async function exercisesOf(
  { session, tokenizer, config }: PreparedRun,
): Promise<readonly ExerciseResult[]> {
  return await session.withAverage(() =>
    scoreExercises(session, tokenizer, {
      seed: config.seed,
      perSkill: EXERCISES_PER_SKILL,
      batch: config.train.batch,
      context: config.train.context,
    })
  );
}
