import { between, nearNumbers, type Skill } from "./skill.ts";

const TERMS = 4;

/** Going on with a row of numbers that grow or shrink evenly. */
export const sequence: Skill = {
  name: "sequence",
  lesson: "Look how far it is from one number to the next. Go on like that.",
  draw(random, level) {
    const step = random.pick([[1], [1, 2, 10], [3, 4, 5]][level - 1]);
    const down = level === 3 && random.integer(2) === 0;
    const first = between(random, 1, 80) + (down ? TERMS * step : 0);
    const at = (i: number) => first + (down ? -i : i) * step;
    const terms = Array.from({ length: TERMS }, (_, i) => at(i));
    const next = at(TERMS);
    return {
      key: `after ${terms.join(" ")}`,
      question: `What comes next: ${terms.join(", ")}?`,
      answer: String(next),
      wrong: nearNumbers(random, next, [1, 2, step]),
    };
  },
};
