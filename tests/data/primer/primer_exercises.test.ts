import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import {
  type Exercise,
  primerExercises,
} from "../../../data/primer/primer_exercises.ts";

const PER_SKILL = 15;
const EXERCISES = primerExercises({ seed: 1, perSkill: PER_SKILL });

/** What a question asks for, worked out from its text alone. */
function solve({ skill, prompt }: Exercise): string | undefined {
  const numbers = (prompt.match(/\d+/g) ?? []).map(Number);
  switch (skill) {
    case "arithmetic":
      return String(
        numbers[0] + (prompt.includes("plus") ? numbers[1] : -numbers[1]),
      );
    case "counting":
      return String(prompt.split(": ")[2].split(" ").length - 1);
    case "comparison": {
      const pick = prompt.includes("biggest") ? Math.max : Math.min;
      return String(pick(...numbers));
    }
    case "sequence":
      return String(2 * numbers[3] - numbers[2]);
    case "spelling": {
      const [, place, word] = /(\w+) letter of (\w+)/.exec(prompt) ?? [];
      return place === "First" ? word[0] : word.at(-1);
    }
    case "recall": {
      const name = /What does (\w+) have\?/.exec(prompt)?.[1];
      return new RegExp(`${name} has (an? \\w+)\\.`).exec(prompt)?.[1];
    }
    case "ordering": {
      const facts = [...prompt.matchAll(/(\w+) is \w+ than (\w+)/g)];
      const upper = new Set(facts.map(([, name]) => name));
      const lower = new Set(facts.map(([, , name]) => name));
      const most = /tallest|fastest|oldest/.test(prompt);
      const [from, without] = most ? [upper, lower] : [lower, upper];
      return [...from].find((name) => !without.has(name));
    }
  }
}

Deno.test("every skill has its exercises", () => {
  const counts = new Map<string, number>();
  for (const { skill } of EXERCISES) {
    counts.set(skill, (counts.get(skill) ?? 0) + 1);
  }
  assertEquals(counts.size, 8);
  for (const [skill, count] of counts) {
    assertEquals(count, PER_SKILL, skill);
  }
});

Deno.test("every exercise has four distinct choices in 128 bytes", () => {
  for (const { prompt, choices } of EXERCISES) {
    assertEquals(new Set(choices).size, 4, prompt);
    for (const choice of choices) {
      assert(/^ \S.*\.$/.test(choice), choice);
      assertLessOrEqual(prompt.length + choice.length, 128);
    }
  }
});

Deno.test("the answers are right", () => {
  let solved = 0;
  for (const exercise of EXERCISES) {
    const right = solve(exercise);
    if (right === undefined) continue;
    solved++;
    assertEquals(
      exercise.choices[exercise.answer],
      ` ${right}.`,
      exercise.prompt,
    );
  }
  // All but those about kinds, which take knowledge.
  assertEquals(solved, 7 * PER_SKILL);
});

Deno.test("no place among the choices is favoured", () => {
  const counts = [0, 0, 0, 0];
  for (const { answer } of EXERCISES) counts[answer]++;
  // 120 fair draws: nearly four standard deviations around 30.
  for (const count of counts) {
    assertGreaterOrEqual(count, 12);
    assertLessOrEqual(count, 48);
  }
});

Deno.test("exercises are distinct and repeat with their seed", () => {
  const prompts = EXERCISES.map(({ prompt }) => prompt);
  assertEquals(new Set(prompts).size, prompts.length);
  assertEquals(primerExercises({ seed: 1, perSkill: PER_SKILL }), EXERCISES);
});

Deno.test("a skill that runs out gives what it has", () => {
  const all = primerExercises({ seed: 2, perSkill: 100 });
  const counting = all.filter(({ skill }) => skill === "counting");
  assert(counting.length >= 20 && counting.length < 100);
  assertThrows(() => primerExercises({ seed: 2, perSkill: 0 }), RangeError);
});
