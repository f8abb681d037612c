import type { Command } from "./command.ts";

/** Commands under one word: `data prepare`, `data inspect`. */
export interface CommandGroup {
  /** What is typed after `minnow`, before the command: `data`. */
  readonly name: string;
  /** What they are for, in one line without a full stop. */
  readonly summary: string;
  /** The commands; their names begin with the group's: `data prepare`. */
  readonly commands: readonly Command[];
}

/**
 * Tells a group from a command.
 *
 * @param entry What stands in a table of commands.
 * @returns Whether it has commands of its own.
 */
export function isCommandGroup(
  entry: Command | CommandGroup,
): entry is CommandGroup {
  return "commands" in entry;
}
