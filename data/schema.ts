import { InputError } from "../data/input_error.ts";

/** What a configuration key may hold: the one description of that key. */
export interface Field<T> {
  /** Value of a key that is not given. */
  readonly default: T;
  /** What is allowed, to follow "must be": `an integer of at least 1`. */
  readonly allowed: string;
  /** What the key means, with its unit; no full stop. */
  readonly description: string;
  /**
   * Checks and converts a value.
   *
   * @param value What was given, from the outside.
   * @returns The value meant, or `undefined` where it is not allowed.
   */
  parse(value: unknown): T | undefined;
  /**
   * The reverse of `parse`.
   *
   * @param value A value of the field.
   * @returns What to write so that `parse` gives the value again.
   */
  print(value: T): unknown;
}

/** A field for each key of `T`, no more and no fewer. */
export type Section<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** Bounds of a number. */
export interface NumberBounds {
  /** Smallest value allowed. */
  readonly minimum?: number;
  /** Value that must be exceeded. */
  readonly above?: number;
  /** Largest value allowed. */
  readonly maximum?: number;
  /** Value that must not be reached. */
  readonly below?: number;
}

/** What every field is described by. */
export type FieldDescription<T> = Pick<Field<T>, "default" | "description">;

/**
 * Describes an integer.
 *
 * @param field Default, description and bounds.
 * @returns A field that holds an integer.
 */
export function integer(
  field: FieldDescription<number> & NumberBounds,
): Field<number> {
  return {
    ...number(field),
    allowed: `an integer${describeBounds(field)}`,
    parse: (value) =>
      Number.isSafeInteger(value) ? within(value as number, field) : undefined,
  };
}

/**
 * Describes a finite number.
 *
 * @param field Default, description and bounds.
 * @returns A field that holds a finite number.
 */
export function number(
  field: FieldDescription<number> & NumberBounds,
): Field<number> {
  return {
    default: field.default,
    description: field.description,
    allowed: `a number${describeBounds(field)}`,
    parse: (value) =>
      typeof value === "number" && Number.isFinite(value)
        ? within(value, field)
        : undefined,
    print: (value) => value,
  };
}

/**
 * Describes a switch.
 *
 * @param field Default and description.
 * @returns A field that is true or false.
 */
export function boolean(field: FieldDescription<boolean>): Field<boolean> {
  return {
    ...field,
    allowed: "true or false",
    parse: (value) => typeof value === "boolean" ? value : undefined,
    print: (value) => value,
  };
}

/**
 * Describes a text.
 *
 * @param field Default and description.
 * @returns A field that holds a text which is not empty.
 */
export function text(field: FieldDescription<string>): Field<string> {
  return {
    ...field,
    allowed: "a text",
    parse: (value) =>
      typeof value === "string" && value !== "" ? value : undefined,
    print: (value) => value,
  };
}

/**
 * Describes a list of texts.
 *
 * @param field Default and description.
 * @returns A field that holds a list of texts; a single text counts as a list
 * of one.
 */
export function texts(
  field: FieldDescription<readonly string[]>,
): Field<readonly string[]> {
  return {
    ...field,
    allowed: "a list of texts",
    parse: (value) => {
      const list = typeof value === "string" ? [value] : value;
      if (!Array.isArray(list)) return undefined;
      const items: readonly unknown[] = list;
      return items.every((item) => typeof item === "string")
        ? [...items]
        : undefined;
    },
    print: (value) => [...value],
  };
}

/**
 * Describes a choice.
 *
 * @param field Choices, default and description.
 * @returns A field that holds one of the choices.
 */
export function choice<const T extends string | boolean>(
  field: FieldDescription<NoInfer<T>> & { readonly choices: readonly T[] },
): Field<T> {
  const { choices } = field;
  return {
    default: field.default,
    description: field.description,
    allowed: choices.length === 1
      ? quote(choices[0])
      : `one of ${choices.map(quote).join(", ")}`,
    parse: (value) => choices.find((candidate) => candidate === value),
    print: (value) => value,
  };
}

/**
 * Allows null as well.
 *
 * @param field A field.
 * @param absent Its description of null, to follow "or null for".
 * @returns The same field, which may be null and is so unless told.
 */
export function nullable<T>(
  field: Field<T>,
  absent: string,
): Field<T | null> {
  return {
    default: null,
    description: field.description,
    allowed: `${field.allowed}, or null for ${absent}`,
    parse: (value) => value === null ? null : field.parse(value),
    print: (value) => value === null ? null : field.print(value),
  };
}

/**
 * Checks one value.
 *
 * @param field What is allowed.
 * @param value What was given, from the outside.
 * @param key Full name of the key, for the message.
 * @param source Where the value comes from, for the message.
 * @returns The value meant.
 * @throws {InputError} If the value is not allowed; names source, key, value and
 * what is.
 */
export function parseField<T>(
  field: Field<T>,
  value: unknown,
  key: string,
  source: string,
): T {
  const parsed = field.parse(value);
  if (parsed === undefined) {
    throw new InputError(
      `${source}: "${key}" is ${quote(value)}; it must be ${field.allowed}`,
    );
  }
  return parsed;
}

/**
 * Collects the defaults of a section.
 *
 * @param section Fields by key.
 * @returns The default of each.
 */
export function defaultsOf<T>(section: Section<T>): T {
  const defaults: Partial<T> = {};
  for (const key in section) defaults[key] = section[key].default;
  return defaults as T;
}

/**
 * Quotes a value in a message.
 *
 * @param value Anything.
 * @returns The value as a message quotes it, on one line and not too long;
 * `missing` for undefined.
 */
export function quote(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "number") return String(value);
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}

function within(value: number, bounds: NumberBounds): number | undefined {
  const { minimum, above, maximum, below } = bounds;
  const outside = (minimum !== undefined && value < minimum) ||
    (above !== undefined && value <= above) ||
    (maximum !== undefined && value > maximum) ||
    (below !== undefined && value >= below);
  return outside ? undefined : value;
}

function describeBounds(bounds: NumberBounds): string {
  const parts: string[] = [];
  if (bounds.minimum !== undefined) parts.push(`at least ${bounds.minimum}`);
  if (bounds.above !== undefined) parts.push(`more than ${bounds.above}`);
  if (bounds.maximum !== undefined) parts.push(`at most ${bounds.maximum}`);
  if (bounds.below !== undefined) parts.push(`less than ${bounds.below}`);
  return parts.length === 0 ? "" : ` of ${parts.join(" and ")}`;
}
