/**
 * Command-line argument parsing with the behaviour of `@std/cli/parse-args`.
 *
 * @module
 */

/** What {@linkcode parseArgs} returns: named flags, and the rest under `_`. */
export type Args = Record<string, unknown> & {
  /** Arguments that belong to no flag. */
  _: Array<string | number>;
  /** Arguments after `--`, when that option is on. */
  "--"?: string[];
};

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions {
  /** Put everything after `--` under `"--"` instead of `_`. */
  "--"?: boolean;
  /** Further names of a flag. */
  alias?: Record<string, string | readonly string[]>;
  /** Flags that take no value; `true` makes all `--name` flags such. */
  boolean?: boolean | string | readonly string[];
  /** Values of flags that were not given. */
  default?: Record<string, unknown>;
  /** Stop at the first argument that is no flag. */
  stopEarly?: boolean;
  /** Flags whose value stays a string. */
  string?: string | readonly string[];
  /** Flags that may be repeated; their values are gathered in an array. */
  collect?: string | readonly string[];
  /** Flags that `--no-NAME` sets to `false`. */
  negatable?: string | readonly string[];
  /** Called for undeclared arguments; `false` leaves them out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

type Value = string | number | boolean;
type Tree = { [key: string]: unknown };

const LONG_FLAG = /^--(no-)?(.+?)(?:=(.+))?$/s;

/** Names as a set, each with the aliases it has. */
function nameSet(
  names: string | readonly string[],
  aliases: ReadonlyMap<string, ReadonlySet<string>>,
): Set<string> {
  const set = new Set<string>();
  for (const name of typeof names === "string" ? [names] : names) {
    if (name === "") continue;
    set.add(name);
    for (const alias of aliases.get(name) ?? []) set.add(alias);
  }
  return set;
}

/** Every name of a flag mapped to its other names. */
function aliasTable(
  alias: Record<string, string | readonly string[]>,
): Map<string, Set<string>> {
  const table = new Map<string, Set<string>>();
  for (const [name, others] of Object.entries(alias)) {
    const group = [name, ...(typeof others === "string" ? [others] : others)];
    for (const member of group) {
      table.set(member, new Set(group.filter((other) => other !== member)));
    }
  }
  return table;
}

/** Whether the whole text is a finite number, as `Number` reads it. */
function looksNumeric(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

/** The object that holds the last part of a dotted name, and that part. */
function descend(root: Tree, name: string): [Tree, string] {
  const path = name.split(".");
  const last = path[path.length - 1];
  let node = root;
  for (const part of path.slice(0, -1)) {
    node[part] ??= {};
    node = node[part] as Tree;
  }
  return [node, last];
}

function has(root: Tree, name: string): boolean {
  let node: unknown = root;
  for (const part of name.split(".")) {
    if (typeof node !== "object" || node === null) return false;
    if (!Object.hasOwn(node, part)) return false;
    node = (node as Tree)[part];
  }
  return true;
}

/** The state of one parse: what is declared and what was found so far. */
class Parse {
  readonly result: Args = { _: [] };
  readonly #aliases: Map<string, Set<string>>;
  readonly #booleans: Set<string>;
  readonly #strings: Set<string>;
  readonly #collected: Set<string>;
  readonly #negatable: Set<string>;
  readonly #allBooleans: boolean;
  readonly #options: ParseOptions;

  constructor(options: ParseOptions) {
    const { boolean = [] } = options;
    this.#options = options;
    this.#aliases = aliasTable(options.alias ?? {});
    this.#allBooleans = boolean === true;
    this.#booleans = nameSet(
      typeof boolean === "boolean" ? [] : boolean,
      this.#aliases,
    );
    this.#strings = nameSet(options.string ?? [], this.#aliases);
    this.#collected = nameSet(options.collect ?? [], this.#aliases);
    this.#negatable = nameSet(options.negatable ?? [], this.#aliases);
  }

  run(args: readonly string[]): void {
    const end = args.indexOf("--");
    const before = end < 0 ? args : args.slice(0, end);
    const after = end < 0 ? [] : args.slice(end + 1);
    let at = 0;
    while (at < before.length) {
      const argument = before[at];
      const next: string | undefined = before[at + 1];
      if (argument.startsWith("--") && argument.length > 2) {
        at += this.#long(argument, next);
      } else if (argument.startsWith("-") && argument.length > 1) {
        at += this.#short(argument, next);
      } else {
        this.#positional(argument);
        at++;
        if (this.#options.stopEarly) {
          this.result._.push(...before.slice(at));
          break;
        }
      }
    }
    this.#fillDefaults();
    if (this.#options["--"]) this.result["--"] = [...after];
    else this.result._.push(...after);
  }

  /** Reads a `--flag`; returns how many arguments it took. */
  #long(argument: string, next: string | undefined): number {
    const match = LONG_FLAG.exec(argument);
    if (match === null) return 1;
    const [, no, name, value] = match;
    if (value !== undefined) {
      // With a value the prefix is dropped whether the flag is negatable or not.
      this.#set(
        name,
        this.#booleans.has(name) ? value !== "false" : value,
        argument,
      );
      return 1;
    }
    if (no !== undefined && this.#negatable.has(name)) {
      this.#set(name, false, argument, false);
      return 1;
    }
    const key = (no ?? "") + name;
    return this.#withNext(
      key,
      argument,
      next,
      next !== undefined && next !== "" && !next.startsWith("-") &&
        !this.#allBooleans,
    );
  }

  /** Gives a flag the argument that follows, where it may take one. */
  #withNext(
    key: string,
    argument: string,
    next: string | undefined,
    free: boolean,
  ): number {
    if (next !== undefined && free && !this.#booleans.has(key)) {
      this.#set(key, next, argument);
      return 2;
    }
    if (next === "true" || next === "false") {
      this.#set(key, next === "true", argument);
      return 2;
    }
    this.#set(key, this.#strings.has(key) ? "" : true, argument);
    return 1;
  }

  /** Reads `-abc`, `-n5`, `-n=5`, `-n 5`; returns how many arguments it took. */
  #short(argument: string, next: string | undefined): number {
    const letters = argument.slice(1);
    for (let i = 0; i + 1 < letters.length; i++) {
      const letter = letters[i];
      const rest = letters.slice(i + 1);
      if (rest === "-") {
        this.#set(letter, rest, argument);
        continue;
      }
      if (/[A-Za-z]/.test(letter)) {
        const assigned = /=(.+)/s.exec(rest);
        if (assigned !== null) {
          this.#set(letter, assigned[1], argument);
          return 1;
        }
        if (/-?\d+(\.\d*)?(e-?\d+)?$/.test(rest)) {
          this.#set(letter, rest, argument);
          return 1;
        }
      }
      if (i + 2 < letters.length && /\W/.test(rest[0])) {
        this.#set(letter, rest, argument);
        return 1;
      }
      this.#set(letter, this.#strings.has(letter) ? "" : true, argument);
    }
    const last = letters[letters.length - 1];
    if (last === "-") return 1;
    const free = next !== undefined && next !== "" &&
      !/^--?[^-]/.test(next);
    return this.#withNext(last, argument, next, free);
  }

  #positional(argument: string): void {
    if (this.#options.unknown?.(argument) === false) return;
    const numeric = !this.#strings.has("_") && looksNumeric(argument);
    this.result._.push(numeric ? Number(argument) : argument);
  }

  #set(key: string, value: Value, argument: string, gather = true): void {
    const declared = this.#booleans.has(key) || this.#strings.has(key) ||
      this.#aliases.has(key) ||
      (this.#allBooleans && /^--[^=]+$/.test(argument));
    if (
      !declared && this.#options.unknown?.(argument, key, value) === false
    ) return;
    const typed = typeof value === "string" && !this.#strings.has(key) &&
        looksNumeric(value)
      ? Number(value)
      : value;
    for (const name of [key, ...(this.#aliases.get(key) ?? [])]) {
      const [node, last] = descend(this.result, name);
      if (!gather || !this.#collected.has(key)) {
        node[last] = typed;
        continue;
      }
      const present = node[last];
      if (Array.isArray(present)) present.push(typed);
      else node[last] = present ? [present, typed] : [typed];
    }
  }

  #fillDefaults(): void {
    for (const [key, value] of Object.entries(this.#options.default ?? {})) {
      if (has(this.result, key)) continue;
      for (const name of [key, ...(this.#aliases.get(key) ?? [])]) {
        const [node, last] = descend(this.result, name);
        node[last] = value;
      }
    }
    for (const key of this.#booleans) {
      if (has(this.result, key)) continue;
      const [node, last] = descend(this.result, key);
      node[last] = this.#collected.has(key) ? [] : false;
    }
    for (const key of this.#strings) {
      if (!this.#collected.has(key) || has(this.result, key)) continue;
      const [node, last] = descend(this.result, key);
      node[last] = [];
    }
  }
}

/**
 * Splits command-line arguments into flags and positional arguments.
 *
 * Values that look like numbers become numbers unless the flag is declared as
 * a string.
 *
 * @param args The arguments, as in `Deno.args`.
 * @param options Which flags are strings, booleans, repeatable and so on.
 * @returns The flags by name, with positional arguments under `_`.
 */
export function parseArgs(args: string[], options?: ParseOptions): Args {
  const parse = new Parse(options ?? {});
  parse.run(args);
  return parse.result;
}
