import { primerExercises } from "../../data/primer/primer_exercises.ts";
import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import type { ExerciseResult } from "./events.ts";
import { IGNORED_TARGET } from "./training_program.ts";
import type { TrainingSession } from "./training_session.ts";

/**
 * Exercises of each skill that are asked at the end of a run, where there are as
 * many: chance alone moves the accuracy on a hundred by 4 %, on twenty by 10 %.
 */
export const EXERCISES_PER_SKILL = 100;

/** Sequences that asking all exercises takes: one for each choice. */
export function exerciseRows(): number {
  return primerExercises({ seed: 1, perSkill: EXERCISES_PER_SKILL })
    .reduce((sum, { choices }) => sum + choices.length, 0);
}

interface Candidate {
  readonly exercise: number;
  readonly choice: number;
  readonly inputs: Uint32Array;
  readonly targets: Uint32Array;
}

/**
 * Asks a model the primer's held-out exercises: the choice whose tokens have
 * the highest probability after the prompt counts as its answer. Guessing would
 * get one in four right.
 *
 * @param session Session that holds the model.
 * @param tokenizer Its tokenizer.
 * @param options `seed` and number of exercises of each skill; `batch` and
 * `context` are those of the session.
 * @returns Right answers by skill, with what guessing would give.
 */
export async function scoreExercises(
  session: Pick<TrainingSession, "tokenLosses">,
  tokenizer: Pick<Tokenizer, "encode">,
  options: {
    readonly seed: number;
    readonly perSkill: number;
    readonly batch: number;
    readonly context: number;
  },
): Promise<ExerciseResult[]> {
  const { batch, context } = options;
  const exercises = primerExercises(options);
  const candidates = exercises.flatMap(({ prompt, choices }, exercise) =>
    choices.map((text, choice): Candidate => ({
      exercise,
      choice,
      ...encodeChoice(tokenizer, prompt, text, context),
    }))
  );
  const losses = exercises.map(({ choices }) => choices.map(() => 0));
  for (let start = 0; start < candidates.length; start += batch) {
    const group = candidates.slice(start, start + batch);
    const inputs = new Uint32Array(batch * context);
    const targets = new Uint32Array(batch * context).fill(IGNORED_TARGET);
    group.forEach((candidate, row) => {
      inputs.set(candidate.inputs, row * context);
      targets.set(candidate.targets, row * context);
    });
    const rows = await session.tokenLosses({ inputs, targets });
    group.forEach(({ exercise, choice }, row) => {
      losses[exercise][choice] = rows
        .subarray(row * context, (row + 1) * context)
        .reduce((sum, loss) => sum + loss, 0);
    });
  }
  const skills = new Set(exercises.map(({ skill }) => skill));
  return [...skills].map((skill) => {
    const asked = exercises
      .map((exercise, index) => ({ ...exercise, losses: losses[index] }))
      .filter((exercise) => exercise.skill === skill);
    const right = asked.filter(({ answer, losses }) =>
      losses.indexOf(Math.min(...losses)) === answer
    );
    const guessed = asked.reduce(
      (sum, { choices }) => sum + 1 / choices.length,
      0,
    );
    return {
      skill,
      correct: right.length,
      total: asked.length,
      chance: guessed / asked.length,
    };
  });
}

/** Prompt and choice as a row; only the choice's tokens are targets. */
function encodeChoice(
  tokenizer: Pick<Tokenizer, "encode">,
  prompt: string,
  choice: string,
  context: number,
): Pick<Candidate, "inputs" | "targets"> {
  const before = tokenizer.encode(prompt);
  const ids = Uint32Array.of(...before, ...tokenizer.encode(choice));
  // A row that is too long loses its beginning, never its answer.
  const cut = Math.max(0, ids.length - 1 - context);
  const inputs = ids.slice(cut, -1);
  const targets = ids.slice(cut + 1);
  targets.fill(IGNORED_TARGET, 0, Math.max(0, before.length - 1 - cut));
  return { inputs, targets };
}
