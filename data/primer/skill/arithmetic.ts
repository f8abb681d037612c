import { between, nearNumbers, type Skill } from "./skill.ts";

/** Sums and differences of small numbers. */
export const arithmetic: Skill = {
  name: "arithmetic",
  lesson: "Plus puts two numbers together. Minus takes one away.",
  draw(random, level) {
    const high = [9, 40, 60][level - 1];
    const small = between(random, 1, [3, 5, 20][level - 1]);
    const minus = level === 3 && random.integer(2) === 0;
    const other = between(random, minus ? small : 1, high);
    const result = minus ? other - small : other + small;
    const [a, b] = minus || random.integer(2) === 0
      ? [other, small]
      : [small, other];
    return {
      key: arithmeticKey(a, minus ? "minus" : "plus", b),
      question: `What is ${a} ${minus ? "minus" : "plus"} ${b}?`,
      answer: String(result),
      wrong: nearNumbers(random, result, [1, 2, 3]),
    };
  },
};

/**
 * The canonical name of a sum or difference.
 *
 * @param a The first number.
 * @param operator What is done.
 * @param b The second number.
 * @returns The key; the same for both orders of a sum.
 */
export function arithmeticKey(
  a: number,
  operator: "plus" | "minus",
  b: number,
): string {
  const [first, second] = operator === "plus" && b < a ? [b, a] : [a, b];
  return `${first} ${operator} ${second}`;
}
