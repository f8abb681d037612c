import { InputError } from "../../data/input_error.ts";
import type { Command } from "./command.ts";
import { type CommandGroup, isCommandGroup } from "./command_group.ts";
import { commandHelp, groupHelp, overviewHelp } from "./help.ts";
import { nearest } from "../../data/nearest.ts";
import { Output } from "./output.ts";
import { parseArguments } from "./parsed_arguments.ts";

/**
 * Runs the command that the arguments name. Errors end here: each becomes one
 * line on stderr, with its stack only under `--verbose`.
 *
 * @param commands The commands and groups of commands there are.
 * @param args The arguments, beginning with the command's name.
 * @param version What `--version` prints.
 * @returns The exit code: 0 done, 1 failed, 2 bad usage or bad input.
 */
export async function dispatch(
  commands: readonly (Command | CommandGroup)[],
  args: readonly string[],
  version: string,
): Promise<number> {
  const output = new Output({
    json: args.includes("--json"),
    verbose: args.includes("--verbose"),
  });
  catchStrayErrors(output);
  try {
    return await runCommand(commands, args, version, output);
  } catch (error) {
    return reportError(error, output);
  }
}

async function runCommand(
  commands: readonly (Command | CommandGroup)[],
  args: readonly string[],
  version: string,
  output: Output,
): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) {
    output.note(overviewHelp(commands));
    return 2;
  }
  if (first === "--version") {
    output.line(`minnow ${version}`);
    return 0;
  }
  const wantsHelp = first === "help" || first === "--help" || first === "-h";
  if (wantsHelp && rest[0] === undefined) {
    output.line(overviewHelp(commands));
    return 0;
  }
  const [name, ...given] = wantsHelp ? [...rest, "--help"] : args;
  const entry = findCommand(commands, name);
  if (!isCommandGroup(entry)) return await runParsed(entry, given, output);
  const [second, ...others] = given;
  if (second === undefined) {
    output.note(groupHelp(entry));
    return 2;
  }
  if (second === "help" || second === "--help" || second === "-h") {
    output.line(groupHelp(entry));
    return 0;
  }
  const command = findCommand(entry.commands, `${entry.name} ${second}`);
  return await runParsed(command, others, output);
}

async function runParsed(
  command: Command,
  args: readonly string[],
  output: Output,
): Promise<number> {
  const parsed = parseArguments(command, args);
  if (parsed.boolean("help")) {
    output.line(commandHelp(command));
    return 0;
  }
  return await command.run(parsed, output);
}

function findCommand<T extends Command | CommandGroup>(
  commands: readonly T[],
  name: string,
): T {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const names = commands.map((command) => command.name);
  const suggestion = nearest(name, names);
  throw new InputError(
    `Unknown command '${name}': ` +
      (suggestion
        ? `did you mean '${suggestion}'?`
        : `the commands are ${names.join(", ")}`),
  );
}

/** Treats errors that no caller awaits like all others. */
function catchStrayErrors(output: Output): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    Deno.exit(reportError(event.reason, output) || 1);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    Deno.exit(reportError(event.error, output) || 1);
  });
}

/**
 * Prints an error as one line and finds the exit code it stands for.
 *
 * @param error Whatever was thrown.
 * @param output Where to print it; a stack follows if it is verbose.
 * @returns 2 for an error whose `exitCode` is 2, 0 for a reader of stdout that
 * went away, else 1.
 */
export function reportError(error: unknown, output: Output): number {
  // `minnow generate … | head` has read all it wanted.
  if (error instanceof Deno.errors.BrokenPipe) return 0;
  const message = error instanceof Error ? error.message : String(error);
  const text = message.trim().replaceAll(/\s*\n\s*/g, " ") || String(error);
  output.note(`minnow: ${text}`);
  if (output.verbose) {
    output.note(Deno.inspect(error, { colors: output.color }));
  }
  const bad = typeof error === "object" && error !== null &&
    "exitCode" in error && error.exitCode === 2;
  return bad ? 2 : 1;
}
