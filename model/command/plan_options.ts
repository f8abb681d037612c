import { InputError } from "../../data/input_error.ts";
import { nearest } from "../../data/nearest.ts";
import { parseLaw } from "../budget/law_file.ts";
import { SCALING_LAWS, type ScalingLaw } from "../budget/scaling_law.ts";
import { parseBytes, parseDuration } from "../train/units.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";
import { readTextFile } from "./read_run_config.ts";

/**
 * Reads `--budget`.
 *
 * @param text What was given.
 * @returns Seconds.
 * @throws {InputError} If it is no span of time.
 */
export function secondsOf(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) {
    throw new InputError(
      `Option '--budget' cannot be '${text}': it has to be a span of time ` +
        "of more than nothing, such as 90s, 30m or 24h",
    );
  }
  return seconds;
}

/**
 * Reads `--memory`.
 *
 * @returns Bytes; null where it is not given.
 * @throws {InputError} If it is no size.
 */
export function memoryOf(args: ParsedArguments): number | null {
  const text = args.string("memory");
  if (text === undefined) return null;
  const bytes = parseBytes(text);
  if (bytes === undefined) {
    throw new InputError(
      `Option '--memory' cannot be '${text}': it has to be a size such as ` +
        "24GB or 512MiB",
    );
  }
  return bytes;
}

/**
 * Reads `--law`: the name of a published law or a file.
 *
 * @param text What was given.
 * @throws {InputError} If it is neither, or the file holds no law.
 */
export async function lawOf(text: string): Promise<ScalingLaw> {
  const published = SCALING_LAWS.get(text);
  if (published) return published;
  // A file's name has a dot or a folder; what has neither is a law mistyped.
  if (!/[./\\]/.test(text)) {
    const guess = nearest(text, SCALING_LAWS.keys());
    throw new InputError(
      `Option '--law' cannot be '${text}': ` +
        (guess === undefined ? "" : `did you mean '${guess}'? `) +
        `It is ${[...SCALING_LAWS.keys()].join(", ")} or a file such as ` +
        "law.json",
    );
  }
  return parseLaw(await readTextFile(text), text);
}
