import { COUNTED } from "../words.ts";
import { between, nearNumbers, sample, type Skill } from "./skill.ts";

/** Counting how often a word stands in a row of words. */
export const counting: Skill = {
  name: "counting",
  lesson: "To count things, say one number for each of them.",
  draw(random, level) {
    const [noun, other] = sample(random, COUNTED, 2);
    const count = between(random, 1, level === 1 ? 3 : 6);
    const row: string[] = Array.from({ length: count }, () => noun);
    if (level === 3) {
      const extra = between(random, 1, 10 - count);
      for (let i = 0; i < extra; i++) row.push(other);
      random.shuffle(row);
    }
    return {
      key: `count ${noun} in ${level === 3 ? row.join(" ") : count}`,
      question: `Count the ${noun}s: ${row.join(" ")}.`,
      answer: String(count),
      wrong: nearNumbers(random, count, [1, 2, 3]).filter((n) => n !== "0"),
    };
  },
};
