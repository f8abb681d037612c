import { PEOPLE, SCALES } from "../words.ts";
import { sample, type Skill } from "./skill.ts";

/** Reasoning over a chain: if A is taller than B and B than C, who is tallest? */
export const ordering: Skill = {
  name: "ordering",
  lesson:
    "If Tom is taller than Ann, and Ann is taller than Ben, then Tom is " +
    "taller than Ben.",
  draw(random, level) {
    const scale = random.pick(SCALES);
    const names = sample(random, PEOPLE, level === 1 ? 2 : 4)
      .map(({ name }) => name);
    const facts = names.slice(1).map((name, i) =>
      `${names[i]} is ${scale.more} than ${name}.`
    );
    if (level === 3) random.shuffle(facts);
    const top = random.integer(2) === 0;
    const right = top ? names[0] : names[names.length - 1];
    const word = top ? scale.most : scale.least;
    return {
      key: `${word} of ${scale.more} ${names.join(" ")}`,
      question: `${facts.join(" ")} Who is the ${word}?`,
      answer: right,
      wrong: names.filter((name) => name !== right),
    };
  },
};
