import { InputError } from "./input_error.ts";

/**
 * Counts the windows of a stream of tokens. A window of T inputs takes T + 1
 * tokens; the last one is the first of the next window.
 *
 * @param tokenCount Tokens of the stream.
 * @param sequenceLength T, the inputs of a window.
 * @param what Names the stream in errors.
 * @returns How many windows fit, at least one.
 * @throws {InputError} If not even one fits.
 */
export function countWindows(
  tokenCount: number,
  sequenceLength: number,
  what: string,
): number {
  if (!Number.isInteger(sequenceLength) || sequenceLength < 1) {
    throw new RangeError(
      `Cannot cut windows of ${sequenceLength} tokens: the length has to be at least 1`,
    );
  }
  const count = Math.floor((tokenCount - 1) / sequenceLength);
  if (count < 1) {
    throw new InputError(
      `Cannot use ${what} of ${tokenCount} tokens: one sequence of ${sequenceLength} takes ${
        sequenceLength + 1
      }; give more text or a shorter sequence`,
    );
  }
  return count;
}
