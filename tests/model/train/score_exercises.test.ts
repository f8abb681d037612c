import { assert, assertEquals } from "@std/assert";
import { primerExercises } from "../../../data/primer/primer_exercises.ts";
import { ByteTokenizer } from "../../../data/tokenize/bytes.ts";
import {
  exerciseRows,
  EXERCISES_PER_SKILL,
  scoreExercises,
} from "../../../model/train/score_exercises.ts";
import { IGNORED_TARGET } from "../../../model/train/training_program.ts";
import type { TokenBatch } from "../../../model/train/training_session.ts";

const tokenizer = new ByteTokenizer();
const OPTIONS = { seed: 3, perSkill: 5, batch: 7, context: 200 };

/** Texts that are learnt from in a row: what stands at its targets. */
function targetText({ targets }: TokenBatch, row: number): string {
  const { context } = OPTIONS;
  const own = targets.subarray(row * context, (row + 1) * context);
  return tokenizer.decode(own.filter((id) => id !== IGNORED_TARGET));
}

/** A session whose rows have the losses given, in the order of the rows. */
function fakeSession(lossOf: (row: number) => number) {
  const asked: TokenBatch[] = [];
  return {
    asked,
    tokenLosses: (batch: TokenBatch) => {
      const losses = new Float32Array(batch.targets.length);
      for (let row = 0; row < OPTIONS.batch; row++) {
        const start = batch.targets.findIndex((id, i) =>
          i >= row * OPTIONS.context && id !== IGNORED_TARGET
        );
        if (start < 0 || start >= (row + 1) * OPTIONS.context) continue;
        losses[start] = lossOf(asked.length * OPTIONS.batch + row);
      }
      asked.push(batch);
      return Promise.resolve(losses);
    },
  };
}

Deno.test("the choice of the least loss counts as the answer", async () => {
  const exercises = primerExercises(OPTIONS);
  const right = exercises.flatMap(({ choices, answer }) =>
    choices.map((_, choice) => choice === answer)
  );
  const skills = [...new Set(exercises.map(({ skill }) => skill))];
  assert(skills.length > 3);
  const wise = fakeSession((row) => right[row] ? 1 : 2);
  assertEquals(
    await scoreExercises(wise, tokenizer, OPTIONS),
    skills.map((skill) => ({ skill, correct: 5, total: 5, chance: 0.25 })),
  );
  const fool = fakeSession((row) => right[row] ? 2 : 1);
  assertEquals(
    await scoreExercises(fool, tokenizer, OPTIONS),
    skills.map((skill) => ({ skill, correct: 0, total: 5, chance: 0.25 })),
  );
});

Deno.test("every choice is asked once, and only its own tokens count", async () => {
  const session = fakeSession(() => 1);
  await scoreExercises(session, tokenizer, OPTIONS);
  const choices = primerExercises(OPTIONS).flatMap(({ choices }) => choices);
  const asked = session.asked.flatMap((batch) =>
    Array.from({ length: OPTIONS.batch }, (_, row) => targetText(batch, row))
  );
  assertEquals(asked.slice(0, choices.length), choices);
  assert(asked.slice(choices.length).every((text) => text === ""));
});

Deno.test("the budget knows how many rows the exercises take", () => {
  const exercises = primerExercises({
    seed: 9,
    perSkill: EXERCISES_PER_SKILL,
  });
  assertEquals(
    exerciseRows(),
    exercises.reduce((sum, { choices }) => sum + choices.length, 0),
  );
});
