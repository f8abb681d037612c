import type { Random } from "../../random.ts";
import { listed } from "../english.ts";
import { between, type Level, type Skill } from "./skill.ts";

/** Finding the biggest or smallest of a few numbers. */
export const comparison: Skill = {
  name: "comparison",
  lesson: "The biggest number is the one that you reach last when you count.",
  draw(random, level) {
    const numbers = distinctNumbers(random, level);
    const sorted = numbers.toSorted((a, b) => a - b);
    const biggest = random.integer(2) === 0;
    const right = biggest ? sorted[sorted.length - 1] : sorted[0];
    const word = biggest ? "biggest" : "smallest";
    return {
      key: `${word} of ${sorted.join(" ")}`,
      question: `Which is ${word}: ${listed(numbers, "or")}?`,
      answer: String(right),
      wrong: numbers.filter((n) => n !== right).map(String),
    };
  },
};

function distinctNumbers(random: Random, level: Level): number[] {
  const high = [9, 20, 99][level - 1];
  const numbers = new Set<number>();
  while (numbers.size < (level === 1 ? 2 : 4)) {
    numbers.add(between(random, 1, high));
  }
  return [...numbers];
}
