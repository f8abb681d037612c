import { type Command, COMMON_OPTIONS, type OptionSpec } from "./command.ts";
import type { CommandGroup } from "./command_group.ts";
import { placeholder } from "./parsed_arguments.ts";

const WIDTH = 80;

/**
 * The help page of one command.
 *
 * @param command The command.
 * @returns Text of at most 80 columns, without a last line end.
 */
export function commandHelp(command: Command): string {
  const options = [...command.options, ...COMMON_OPTIONS];
  return [
    `${command.summary}.`,
    "",
    `Usage: minnow ${command.usage}`,
    "",
    "Options:",
    table(options.map((spec) => [optionForm(spec), optionText(spec)])),
    "",
    "Examples:",
    ...command.examples.map((example) => `  minnow ${example}`),
    ...(command.details === undefined ? [] : ["", command.details]),
  ].join("\n");
}

/**
 * The help page of the program.
 *
 * @param commands The commands there are.
 * @returns Text of at most 80 columns, without a last line end.
 */
export function overviewHelp(
  commands: readonly (Command | CommandGroup)[],
): string {
  return [
    "Trains small language models on one GPU.",
    "",
    "Usage: minnow COMMAND [options]",
    "",
    "Commands:",
    table(commands.map(({ name, summary }) => [name, summary])),
    "",
    "'minnow COMMAND --help' shows the options of a command.",
  ].join("\n");
}

/**
 * The help page of a group.
 *
 * @param group The group.
 * @returns Text of at most 80 columns, without a last line end.
 */
export function groupHelp(group: CommandGroup): string {
  return [
    `${group.summary}.`,
    "",
    `Usage: minnow ${group.name} COMMAND [options]`,
    "",
    "Commands:",
    table(group.commands.map(({ name, summary }) => [name, summary])),
    "",
    `'minnow ${group.name} COMMAND --help' shows the options of a command.`,
  ].join("\n");
}

function optionForm(spec: OptionSpec): string {
  return `--${spec.name} ${placeholder(spec)}`.trimEnd();
}

function optionText(spec: OptionSpec): string {
  const notes = [
    ...(spec.kind === "list" ? ["may be repeated"] : []),
    ...(spec.default === undefined ? [] : [`default ${spec.default}`]),
  ];
  const note = notes.length > 0 ? ` (${notes.join("; ")})` : "";
  return spec.description + note;
}

/** Two columns: short terms beside their text, long ones above it. */
function table(rows: readonly (readonly [string, string])[]): string {
  const longest = Math.max(...rows.map(([term]) => term.length));
  const column = Math.min(longest, 24) + 4;
  return rows.map(([term, text]) => {
    const lines = wrap(text, WIDTH - column);
    const head = `  ${term}`;
    const first = head.length + 2 <= column
      ? head.padEnd(column) + lines.shift()
      : head;
    return [first, ...lines.map((line) => " ".repeat(column) + line)].join(
      "\n",
    );
  }).join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
