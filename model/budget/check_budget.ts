import { formatDuration } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";

/** Longest run that makes sense, in seconds. */
const LONGEST_SECONDS = 366 * 86_400;

/**
 * Refuses a time that no run will take.
 *
 * @param seconds The budget.
 * @throws {InputError} If it is longer than a year.
 */
export function checkBudget(seconds: number): void {
  if (seconds <= LONGEST_SECONDS) return;
  throw new InputError(
    `Cannot plan a run of ${formatDuration(seconds)}: give a budget of at ` +
      "most a year; what a longer one would need is another GPU",
  );
}
