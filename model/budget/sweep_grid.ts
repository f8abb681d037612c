import { InputError } from "../../data/input_error.ts";

/** Fewest and most sizes of a sweep. */
const SIZES = { fewest: 1, most: 15 };
/** Least and greatest amount of training that is taken for one. */
const BUDGETS = { least: 1e6, most: 1e26 };

/**
 * Reads the sizes of a sweep: how many, each twice the one before and the
 * law's choice in the middle, as `5` for ¼, ½, 1, 2 and 4 times it; or the
 * multiples themselves, as `0.5,1,2`.
 *
 * @param text What was given.
 * @returns Multiples of the law's choice, ascending.
 * @throws {InputError} If it is neither.
 */
export function parseSizes(text: string): number[] {
  const refuse = (reason: string) =>
    new InputError(`Option '--sizes' cannot be '${text}': ${reason}`);
  const numbers = numbersOf(text);
  if (numbers === undefined) {
    throw refuse("it is a number of sizes, as 5, or multiples, as 0.5,1,2");
  }
  if (numbers.length > 1 || !Number.isInteger(numbers[0])) {
    if (numbers.every((ratio) => ratio >= 1e-3 && ratio <= 1e3)) {
      return [...new Set(numbers)].sort((a, b) => a - b);
    }
    throw refuse("multiples lie between 0.001 and 1000");
  }
  const [count] = numbers;
  if (count < SIZES.fewest || count > SIZES.most) {
    throw refuse(`it is from ${SIZES.fewest} to ${SIZES.most}`);
  }
  return Array.from({ length: count }, (_, i) => 2 ** (i - (count - 1) / 2));
}

/**
 * Reads amounts of training, as `1e12,4e12,1.6e13`.
 *
 * @param text What was given.
 * @returns Floating-point operations, ascending.
 * @throws {InputError} If it is no list of them.
 */
export function parseBudgets(text: string): number[] {
  const numbers = numbersOf(text);
  if (
    numbers === undefined ||
    !numbers.every((n) => n >= BUDGETS.least && n <= BUDGETS.most)
  ) {
    throw new InputError(
      `Option '--budgets' cannot be '${text}': it is a list of FLOP, from ` +
        `${BUDGETS.least} to ${BUDGETS.most}, as 1e12,4e12,1.6e13`,
    );
  }
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function numbersOf(text: string): number[] | undefined {
  const parts = text.split(",").map((part) => part.trim());
  const numbers = parts.map(Number);
  const all = parts.every((part, i) =>
    part !== "" && Number.isFinite(numbers[i]) && numbers[i] > 0
  );
  return all ? numbers : undefined;
}
