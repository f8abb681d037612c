import { join } from "@std/path";
import { InputError } from "../../data/input_error.ts";
import { absoluteSource } from "../../data/read/absolute_source.ts";
import type { SweepFolder } from "../budget/sweep_folder.ts";
import { parseBudgets } from "../budget/sweep_grid.ts";
import {
  type GivenConfig,
  parseGivenConfig,
  parseRunConfig,
} from "../train/parse_run_config.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";
import { secondsOf } from "./plan_options.ts";
import { optionOverrides, readTextFile } from "./read_run_config.ts";

/** Options that stand for a key of the configuration. */
export const SCALE_KEYS: readonly (readonly [option: string, key: string])[] = [
  ["context", "train.context"],
  ["seed", "seed"],
  ["tokenizer", "data.tokenizer"],
];

/** Seconds for the whole sweep, or FLOP of each amount; undefined for neither. */
export function amountsOf(
  args: ParsedArguments,
): number | number[] | undefined {
  const time = args.string("budget");
  const budgets = args.string("budgets");
  if (time === undefined) {
    return budgets === undefined ? undefined : parseBudgets(budgets);
  }
  if (budgets !== undefined) {
    throw new InputError(
      "Cannot combine --budget with --budgets: a time chooses its own amounts",
    );
  }
  return secondsOf(time);
}

/** What the runs of the sweep have in common, as it was when it began. */
export async function keptBase(
  { path, given }: SweepFolder,
): Promise<GivenConfig> {
  const file = join(path, "run.yaml");
  return { config: parseRunConfig(await readTextFile(file), file), given };
}

/** What the runs of the sweep have in common. */
export async function givenBase(args: ParsedArguments): Promise<GivenConfig> {
  const path = args.positionals[0];
  const text = path === undefined ? "" : await readTextFile(path);
  const overrides = optionOverrides(args, SCALE_KEYS);
  const data = args.list("data");
  if (data.length > 0) {
    const paths = data.map(absoluteSource);
    overrides["data.paths"] = JSON.stringify(paths);
  }
  return parseGivenConfig(text, path ?? "run.yaml", overrides);
}
