import { InputError } from "../../data/input_error.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";

/**
 * Refuses arguments that say anew what was settled when something began.
 *
 * @param args Arguments with `--resume`.
 * @param settled Names of the options that are settled; arguments that are no
 * options are too.
 * @param advice Why, and what to do.
 * @throws {InputError} If one of them is given.
 */
export function refuseWithResume(
  args: ParsedArguments,
  settled: readonly string[],
  advice: string,
): void {
  const given = settled.find((name) => args.isGiven(name));
  if (given === undefined && args.positionals.length === 0) return;
  throw new InputError(
    `Cannot combine --resume with ${
      given === undefined ? args.positionals[0] : `--${given}`
    }: ${advice}`,
  );
}
