import type { Random } from "../../random.ts";

/** How hard a problem is: 1 warms up, 2 is what exams ask, 3 goes further. */
export type Level = 1 | 2 | 3;

/** One problem with its answer. */
export interface Problem {
  /** Canonical name, from which it follows whether the problem is held out. */
  readonly key: string;
  /** The question, without `Q:`. */
  readonly question: string;
  /** The answer, without a full stop. */
  readonly answer: string;
  /**
   * Wrong answers that look right, the likeliest first; at level 2 at least
   * three distinct ones.
   */
  readonly wrong: readonly string[];
}

/** Something that can be learnt, as a source of problems. */
export interface Skill {
  /** Its name in reports. */
  readonly name: string;
  /** A sentence that a textbook would begin with. */
  readonly lesson: string;
  /**
   * Draws a problem.
   *
   * @param random Where chance comes from.
   * @param level How hard it shall be.
   * @returns The problem, held out or not.
   */
  draw(random: Random, level: Level): Problem;
}

/**
 * Draws distinct items.
 *
 * @param random Where chance comes from.
 * @param items What to draw from.
 * @param count How many, at most all of them.
 * @returns The items drawn, in random order.
 */
export function sample<T>(
  random: Random,
  items: readonly T[],
  count: number,
): T[] {
  return random.shuffle([...items]).slice(0, count);
}

/**
 * Draws an integer.
 *
 * @param random Where chance comes from.
 * @param low The least result.
 * @param high The greatest result.
 * @returns An integer from `low` to `high`, both included.
 */
export function between(random: Random, low: number, high: number): number {
  return low + random.integer(high - low + 1);
}

/**
 * Numbers that a slip would give instead of the right one.
 *
 * @param random Where chance comes from.
 * @param right The right number, at least 0.
 * @param steps The slips: distances from the right number.
 * @returns Distinct numbers of at least 0, none of them right, as text.
 */
export function nearNumbers(
  random: Random,
  right: number,
  steps: readonly number[],
): string[] {
  const near = steps.flatMap((step) => [right - step, right + step]);
  const distinct = new Set(near.filter((n) => n >= 0 && n !== right));
  return random.shuffle([...distinct]).map(String);
}
