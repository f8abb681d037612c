import { Random } from "../random.ts";
import { isHeldOut } from "./held_out.ts";
import type { Problem, Skill } from "./skill/skill.ts";
import { SKILLS } from "./skill/skills.ts";

/**
 * A multiple-choice question. `prompt + choices[answer]` is how a training text
 * would have put it; scored by likelihood, chance is one in four.
 */
export interface Exercise {
  /** What it examines: `arithmetic`, `recall` … */
  readonly skill: string;
  /** The question: `Q: What is 3 plus 4? A:`. */
  readonly prompt: string;
  /** Four distinct answers, each with its leading space and full stop. */
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly answer: number;
}

/** Draws without a new problem after which a skill counts as used up. */
const PATIENCE = 10_000;

/**
 * Exercises that no primer text contains, whatever its seed. A prompt and its
 * longest choice take at most 128 bytes, all of them ASCII.
 *
 * @param options `seed`: the same seed gives the same exercises. `perSkill`:
 * how many to make for each of the eight skills; fewer come back where a skill
 * has not so many held-out problems (the smallest has 18).
 * @returns The exercises, skill after skill.
 * @throws {RangeError} If `perSkill` is no positive integer.
 *
 * @example
 * ```ts
 * import { primerExercises } from "@minnow/minnow";
 * import { assertEquals, assertMatch } from "@std/assert";
 *
 * const [first] = primerExercises({ seed: 1, perSkill: 5 });
 * assertEquals(first.choices.length, 4);
 * assertMatch(first.prompt + first.choices[first.answer], /^Q: .* A: .*\.$/);
 * ```
 */
export function primerExercises(
  options: { readonly seed: number; readonly perSkill: number },
): Exercise[] {
  const { seed, perSkill } = options;
  if (!Number.isSafeInteger(perSkill) || perSkill < 1) {
    throw new RangeError(
      `Cannot make ${perSkill} exercises per skill: the number has to be a ` +
        "positive integer",
    );
  }
  return SKILLS.flatMap((skill) =>
    exercisesOf(skill, perSkill, new Random(`${seed}/exercises/${skill.name}`))
  );
}

function exercisesOf(skill: Skill, count: number, random: Random): Exercise[] {
  const found = new Map<string, Exercise>();
  for (
    let patience = PATIENCE;
    found.size < count && patience > 0;
    patience--
  ) {
    const problem = skill.draw(random, 2);
    if (!isHeldOut(problem.key) || found.has(problem.key)) continue;
    found.set(problem.key, toExercise(skill.name, problem, random));
    patience = PATIENCE;
  }
  return [...found.values()];
}

function toExercise(skill: string, problem: Problem, random: Random): Exercise {
  const wrong = [...new Set(problem.wrong)].slice(0, 3);
  const choices = random.shuffle([problem.answer, ...wrong]);
  return {
    skill,
    prompt: `Q: ${problem.question} A:`,
    choices: choices.map((choice) => ` ${choice}.`),
    answer: choices.indexOf(problem.answer),
  };
}
