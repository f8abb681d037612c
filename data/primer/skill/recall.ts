import type { Random } from "../../random.ts";
import { withArticle } from "../english.ts";
import { COLORS, PEOPLE, THINGS } from "../words.ts";
import { type Level, type Problem, sample, type Skill } from "./skill.ts";

/** Finding a fact that was told a few sentences ago. */
export const recall: Skill = {
  name: "recall",
  lesson: "Read what is told. Then find the answer in it.",
  draw(random, level) {
    return random.integer(2) === 0
      ? colorOfThing(random, level)
      : ownerOfThing(random, level);
  },
};

function colorOfThing(random: Random, level: Level): Problem {
  const things = sample(random, THINGS, factCount(level));
  const colors = sample(random, COLORS, things.length);
  const facts = things.map((thing, i) => `The ${thing} is ${colors[i]}.`);
  const asked = random.integer(things.length);
  return {
    key: `color ${asked} of ${facts.join(" ")}`,
    question: `${facts.join(" ")} What color is the ${things[asked]}?`,
    answer: colors[asked],
    wrong: colors.filter((_, i) => i !== asked),
  };
}

function ownerOfThing(random: Random, level: Level): Problem {
  const things = sample(random, THINGS, factCount(level));
  const names = sample(random, PEOPLE, things.length).map(({ name }) => name);
  const facts = things.map((thing, i) =>
    `${names[i]} has ${withArticle(thing)}.`
  );
  const asked = random.integer(things.length);
  const turned = level === 3 && random.integer(2) === 0;
  return {
    key: `${turned ? "thing" : "owner"} ${asked} of ${facts.join(" ")}`,
    question: `${facts.join(" ")} ` +
      (turned
        ? `What does ${names[asked]} have?`
        : `Who has the ${things[asked]}?`),
    answer: turned ? withArticle(things[asked]) : names[asked],
    wrong: turned
      ? things.filter((_, i) => i !== asked).map(withArticle)
      : names.filter((_, i) => i !== asked),
  };
}

function factCount(level: Level): number {
  return level === 1 ? 2 : 4;
}
