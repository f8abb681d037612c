import { parseArgs } from "@std/cli";
import { InputError } from "../../data/input_error.ts";
import { type Command, COMMON_OPTIONS, type OptionSpec } from "./command.ts";
import { nearest } from "../../data/nearest.ts";

type Value = string | number | boolean | readonly string[];

/**
 * A command's arguments, typed and checked. Asking for an option that the
 * command does not declare, or as another kind, is a `TypeError`: a mistake in
 * the program, not of its user.
 */
export class ParsedArguments {
  /** The arguments that are no options, in order. */
  readonly positionals: readonly string[];
  readonly #specs: ReadonlyMap<string, OptionSpec>;
  readonly #given: ReadonlyMap<string, Value>;

  /**
   * Wraps values that fit their options; {@linkcode parseArguments} makes them.
   *
   * @param positionals The arguments that are no options.
   * @param specs The options there are, by name.
   * @param given The values that were given, by name.
   */
  constructor(
    positionals: readonly string[],
    specs: ReadonlyMap<string, OptionSpec>,
    given: ReadonlyMap<string, Value>,
  ) {
    this.positionals = positionals;
    this.#specs = specs;
    this.#given = given;
  }

  /**
   * Tells a value that was given from a default.
   *
   * @param name The option.
   * @returns Whether it stood on the command line.
   */
  isGiven(name: string): boolean {
    this.#spec(name);
    return this.#given.has(name);
  }

  /**
   * Reads a `string` option.
   *
   * @param name The option.
   * @returns Its value, its default, or `undefined`.
   */
  string(name: string): string | undefined {
    const value = this.#value(name, "string");
    return typeof value === "string" ? value : undefined;
  }

  /**
   * Reads a `number` or `integer` option.
   *
   * @param name The option.
   * @returns Its value, its default, or `undefined`.
   */
  number(name: string): number | undefined {
    const value = this.#value(name, "number", "integer");
    return typeof value === "number" ? value : undefined;
  }

  /**
   * Reads a `string`, `number` or `integer` option.
   *
   * @param name The option.
   * @returns Its value, its default, or `undefined`.
   */
  scalar(name: string): string | number | undefined {
    const value = this.#value(name, "string", "number", "integer");
    return typeof value === "string" || typeof value === "number"
      ? value
      : undefined;
  }

  /**
   * Reads a `boolean` option.
   *
   * @param name The option.
   * @returns Its value or its default, `false` unless told.
   */
  boolean(name: string): boolean {
    return this.#value(name, "boolean") === true;
  }

  /**
   * Reads a `list` option.
   *
   * @param name The option.
   * @returns Its values in the order given.
   */
  list(name: string): readonly string[] {
    const value = this.#value(name, "list");
    return typeof value === "object" ? value : [];
  }

  #value(name: string, ...kinds: string[]): Value | undefined {
    const spec = this.#spec(name);
    if (!kinds.includes(spec.kind)) {
      throw new TypeError(
        `Cannot read option '${name}' as ${
          kinds[0]
        }: it is declared as ${spec.kind}`,
      );
    }
    return this.#given.get(name) ?? spec.default;
  }

  #spec(name: string): OptionSpec {
    const spec = this.#specs.get(name);
    if (!spec) throw new TypeError(`Cannot read undeclared option '${name}'`);
    return spec;
  }
}

/**
 * Parses the arguments of a command by its table of options.
 *
 * @param command The command, for its options and its name in messages.
 * @param args The arguments after the command's name.
 * @returns The arguments, typed.
 * @throws {InputError} On an unknown option (with the nearest known one), a
 * missing or ill-typed value, or too many or too few arguments.
 */
export function parseArguments(
  command: Command,
  args: readonly string[],
): ParsedArguments {
  const specs = new Map(
    [...command.options, ...COMMON_OPTIONS].map((spec) => [spec.name, spec]),
  );
  const booleans = namesOf(specs, (kind) => kind === "boolean");
  const parsed: Record<string, unknown> & { _: (string | number)[] } =
    parseArgs(args.filter((argument) => argument !== "-h"), {
      boolean: booleans,
      negatable: booleans,
      string: [...namesOf(specs, (kind) => kind !== "boolean"), "_"],
      collect: namesOf(specs, (kind) => kind === "list"),
      unknown: (argument, key) => {
        if (key !== undefined) throw unknownOption(command, specs, argument);
      },
    });
  const given = new Map<string, Value>();
  for (const spec of specs.values()) {
    if (!isGiven(spec.name, args)) continue;
    given.set(spec.name, typedValue(spec, parsed[spec.name]));
  }
  if (args.includes("-h")) given.set("help", true);
  const positionals = parsed._.map(String);
  if (given.get("help") !== true) checkCount(command, positionals);
  return new ParsedArguments(positionals, specs, given);
}

function namesOf(
  specs: ReadonlyMap<string, OptionSpec>,
  keep: (kind: string) => boolean,
): string[] {
  return [...specs.values()].filter(({ kind }) => keep(kind))
    .map(({ name }) => name);
}

/** Whether an option stands among the arguments, in any of its forms. */
function isGiven(name: string, args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).some((argument) =>
    argument === `--${name}` || argument === `--no-${name}` ||
    argument.startsWith(`--${name}=`)
  );
}

function unknownOption(
  command: Command,
  specs: ReadonlyMap<string, OptionSpec>,
  argument: string,
): InputError {
  const name = argument.replace(/^-+/, "").replace(/=.*$/s, "");
  if (argument.endsWith("=") && specs.has(name)) {
    return new InputError(
      `Cannot read '${argument}': it has no value; write --${name}=VALUE`,
    );
  }
  const suggestion = nearest(name, specs.keys());
  const hint = suggestion
    ? `did you mean '--${suggestion}'?`
    : `'minnow ${command.name} --help' lists the options`;
  return new InputError(
    `Unknown option '${argument.replace(/=.*$/s, "")}' for ` +
      `'${command.name}': ${hint}`,
  );
}

function typedValue(spec: OptionSpec, value: unknown): Value {
  if (spec.kind === "boolean") return value === true;
  if (Array.isArray(value)) {
    return value.map((item) => checkText(spec, String(item)));
  }
  const text = checkText(spec, String(value));
  if (spec.kind === "string") return text;
  return checkNumber(spec, text);
}

function checkText(spec: OptionSpec, text: string): string {
  const flag = `--${spec.name}`;
  if (text === "") {
    throw new InputError(
      `Option '${flag}' needs a value: write ${flag} ${placeholder(spec)}, ` +
        `or ${flag}=VALUE for a value that begins with '-'`,
    );
  }
  const { choices } = spec;
  if (choices && !choices.includes(text)) {
    const suggestion = nearest(text, choices);
    throw new InputError(
      `Option '${flag}' cannot be '${text}': it is one of ` +
        choices.join(", ") + (suggestion ? `; '${suggestion}'?` : ""),
    );
  }
  return text;
}

function checkNumber(spec: OptionSpec, text: string): number {
  const value = Number(text);
  const { minimum = -Infinity, maximum = Infinity } = spec;
  const fits = text.trim() !== "" && Number.isFinite(value) &&
    (spec.kind !== "integer" || Number.isSafeInteger(value)) &&
    value >= minimum && value <= maximum;
  if (fits) return value;
  const what = spec.kind === "integer" ? "a whole number" : "a number";
  const bounds = [
    ...(minimum > -Infinity ? [`at least ${minimum}`] : []),
    ...(maximum < Infinity ? [`at most ${maximum}`] : []),
  ];
  throw new InputError(
    `Option '--${spec.name}' cannot be '${text}': it has to be ` +
      [what, bounds.join(" and ")].filter(Boolean).join(" of "),
  );
}

function checkCount(command: Command, positionals: readonly string[]): void {
  const { min, max } = command.positionals;
  const usage = `usage: minnow ${command.usage}`;
  if (positionals.length < min) {
    throw new InputError(
      `'${command.name}' needs ${min} argument${min === 1 ? "" : "s"}, ` +
        `got ${positionals.length}; ${usage}`,
    );
  }
  if (positionals.length > max) {
    throw new InputError(
      `'${command.name}' does not take the argument '${positionals[max]}'; ` +
        usage,
    );
  }
}

/**
 * What stands for an option's value in help and messages.
 *
 * @param spec The option.
 * @returns A word in capitals, or the choices; empty for a boolean.
 */
export function placeholder(spec: OptionSpec): string {
  if (spec.kind === "boolean") return "";
  if (spec.placeholder) return spec.placeholder;
  if (spec.choices) return spec.choices.join("|");
  return spec.kind === "number" || spec.kind === "integer" ? "N" : "VALUE";
}
