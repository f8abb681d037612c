import { InputError } from "../../data/input_error.ts";
import { parseRunConfig } from "../train/parse_run_config.ts";
import type { RunConfig } from "../train/run_config.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";

/**
 * Reads the configuration that a command's first argument and its `--config`
 * options describe.
 *
 * @throws {InputError} if the file cannot be read or does not do.
 */
export async function readRunConfig(args: ParsedArguments): Promise<RunConfig> {
  const path = args.positionals[0];
  const text = path === undefined ? "" : await readTextFile(path);
  return parseRunConfig(text, path ?? "run.yaml", configOverrides(args));
}

/**
 * Keys that `--config KEY=VALUE` options override.
 *
 * @throws {InputError} if one has no value.
 */
export function configOverrides(args: ParsedArguments): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const assignment of args.list("config")) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (key === undefined) {
      throw new InputError(
        `Option '--config' cannot be '${assignment}': write KEY=VALUE, as ` +
          `train.batch=16`,
      );
    }
    overrides[key] = value;
  }
  return overrides;
}

/**
 * Keys that `--config` options and options of their own override.
 *
 * @param args The arguments.
 * @param keys Options, each with the key that it stands for; they count where
 * `--config` names the key as well.
 * @throws {InputError} if a `--config` has no value.
 */
export function optionOverrides(
  args: ParsedArguments,
  keys: readonly (readonly [option: string, key: string])[],
): Record<string, string> {
  const overrides = configOverrides(args);
  for (const [option, key] of keys) {
    if (!args.isGiven(option)) continue;
    overrides[key] = JSON.stringify(args.scalar(option));
  }
  return overrides;
}

/**
 * Reads a text file that the command line names.
 *
 * @throws {InputError} if it cannot be read.
 */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : String(error instanceof Error ? error.message : error);
    throw new InputError(`Cannot read '${path}': ${reason}`, { cause: error });
  }
}
