import type { Output } from "./output.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";

/**
 * What the value of an option is. A `list` is a string that may be given more
 * than once; a `boolean` takes no value and is turned off by `--no-NAME`.
 */
export type OptionKind = "string" | "number" | "integer" | "boolean" | "list";

/** One `--option` of a command: how it is parsed and what `--help` says. */
export interface OptionSpec {
  /** Name without the dashes. */
  readonly name: string;
  /** What its value is. */
  readonly kind: OptionKind;
  /** What it does, as a phrase without a full stop. */
  readonly description: string;
  /** What `--help` shows for the value: `DIR`, `N`; the kind unless told. */
  readonly placeholder?: string;
  /** Value where it is not given; lists default to empty, booleans to false. */
  readonly default?: string | number | boolean;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** Least number allowed. */
  readonly minimum?: number;
  /** Greatest number allowed. */
  readonly maximum?: number;
}

/** A command of the command line, described well enough to print its help. */
export interface Command {
  /** What is typed after `minnow`; of a group's command both words. */
  readonly name: string;
  /** What it does, in one line without a full stop. */
  readonly summary: string;
  /** The form of a call, without `minnow`: `train [run.yaml] [options]`. */
  readonly usage: string;
  /** Calls that work, without `minnow`: `train --data book.txt`. */
  readonly examples: readonly string[];
  /** How many arguments that are no options it takes. */
  readonly positionals: { readonly min: number; readonly max: number };
  /** More for `--help`, after the options. */
  readonly details?: string;
  /** Its options; `--help`, `--json` and `--verbose` are added to them. */
  readonly options: readonly OptionSpec[];
  /**
   * Does the work.
   *
   * @param args The options and arguments, checked against the table.
   * @param output Where to say what happened.
   * @returns The exit code: 0 done, 1 failed. Bad input is thrown as an error
   * whose `exitCode` is 2.
   */
  run(args: ParsedArguments, output: Output): Promise<number>;
}

/** The options that every command has. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: "help", kind: "boolean", description: "Show this help" },
  {
    name: "json",
    kind: "boolean",
    description: "Write one JSON object per line on stdout, for machines",
  },
  {
    name: "verbose",
    kind: "boolean",
    description: "Say more; show where an error came from",
  },
];
