import type { Random } from "../../random.ts";
import { withArticle } from "../english.ts";
import { PEOPLE, THINGS } from "../words.ts";
import { type Problem, sample, type Skill } from "./skill.ts";

const FACTS = 4;

/** Finding a fact that was told a few sentences ago. */
export const recall: Skill = {
  name: "recall",
  lesson: "Read what is told. Then find the answer in it.",
  draw(random, level) {
    if (level === 1) return repetition(random);
    return possession(random, level === 3 && random.integer(2) === 0);
  },
};

/** Saying again what was said, which is where finding begins. */
function repetition(random: Random): Problem {
  const names = PEOPLE.map(({ name }) => name);
  const words = random.integer(2) === 0 ? names : THINGS;
  const row = sample(random, words, FACTS).join(" ");
  return {
    key: `repeat ${row}`,
    question: `Repeat ${row}.`,
    answer: row,
    wrong: [],
  };
}

/** Who has what; `turned` asks for the owner instead of the thing. */
function possession(random: Random, turned: boolean): Problem {
  const things = sample(random, THINGS, FACTS).map(withArticle);
  const names = sample(random, PEOPLE, FACTS).map(({ name }) => name);
  const facts = things.map((thing, i) => `${names[i]} has ${thing}.`).join(" ");
  const asked = random.integer(FACTS);
  const [question, answers] = turned
    ? [`Who has ${things[asked]}?`, names]
    : [`What does ${names[asked]} have?`, things];
  return {
    key: `${turned ? "owner" : "thing"} ${asked} of ${facts}`,
    question: `${facts} ${question}`,
    answer: answers[asked],
    wrong: answers.filter((_, i) => i !== asked),
  };
}
