/**
 * Stand-in for the part of `@std/yaml` that minnow uses, over the parser that
 * `@std/yaml` itself was ported from.
 *
 * @module
 */
import untyped from "npm:js-yaml@^4.3.2";

type SchemaObject = { readonly tag: "schema" };

interface JsYaml {
  load(text: string, options: {
    schema: SchemaObject;
    json: boolean;
    onWarning?: (error: Error) => void;
  }): unknown;
  dump(data: unknown, options: Record<string, unknown>): string;
  readonly FAILSAFE_SCHEMA: SchemaObject;
  readonly JSON_SCHEMA: SchemaObject;
  readonly CORE_SCHEMA: SchemaObject;
  readonly DEFAULT_SCHEMA: SchemaObject;
}

const yaml: JsYaml = untyped;

/** Name of a YAML schema. */
export type SchemaType = "failsafe" | "json" | "core" | "default";

/** Options of {@linkcode parse}. */
export interface ParseOptions {
  /** Which types plain scalars may have; `"default"` unless told. */
  schema?: SchemaType;
  /** Let a repeated key overwrite the earlier one. */
  allowDuplicateKeys?: boolean;
  /** Called with each warning. */
  onWarning?(error: Error): void;
}

/** Options of {@linkcode stringify}. */
export type StringifyOptions = {
  /** Spaces per level, 2 unless told. */
  indent?: number;
  /** Whether list items are indented below their key; true unless told. */
  arrayIndent?: boolean;
  /** Leave out values YAML cannot hold instead of throwing. */
  skipInvalid?: boolean;
  /** Nesting level from which flow style is used; -1 is never. */
  flowLevel?: number;
  /** Which types are written plainly. */
  schema?: SchemaType;
  /** Sort keys, by code unit or by the function given. */
  sortKeys?: boolean | ((a: string, b: string) => number);
  /** Longest line, 80 unless told. */
  lineWidth?: number;
  /** Write repeated objects once, with references to them. */
  useAnchors?: boolean;
  /** Quote what YAML 1.1 would read as a boolean. */
  compatMode?: boolean;
  /** No spaces inside flow collections. */
  condenseFlow?: boolean;
};

function schemaObject(name: SchemaType = "default"): SchemaObject {
  switch (name) {
    case "failsafe":
      return yaml.FAILSAFE_SCHEMA;
    case "json":
      return yaml.JSON_SCHEMA;
    case "core":
      return yaml.CORE_SCHEMA;
    case "default":
      return yaml.DEFAULT_SCHEMA;
  }
}

/**
 * Reads one YAML document.
 *
 * @param content The YAML text.
 * @param options How to read it.
 * @returns The value; `null` for an empty document.
 * @throws {SyntaxError} If the text is no YAML; the message has line and column.
 */
export function parse(content: string, options: ParseOptions = {}): unknown {
  try {
    return yaml.load(content, {
      schema: schemaObject(options.schema),
      json: options.allowDuplicateKeys ?? false,
      ...(options.onWarning && { onWarning: options.onWarning }),
    }) ?? null;
  } catch (error) {
    throw new SyntaxError(describe(error));
  }
}

/** The parser's reason with its place, on one line. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { reason, mark } = error as Error & {
    reason?: string;
    mark?: { line: number; column: number };
  };
  if (reason === undefined || mark === undefined) return error.message;
  return `${reason} at line ${mark.line + 1}, column ${mark.column + 1}`;
}

/**
 * Writes a value as a YAML document.
 *
 * @param data The value.
 * @param options How to write it.
 * @returns YAML text that ends in a newline.
 * @throws {TypeError} If YAML cannot hold the value.
 */
export function stringify(
  data: unknown,
  options: StringifyOptions = {},
): string {
  try {
    return yaml.dump(data, {
      indent: options.indent ?? 2,
      noArrayIndent: !(options.arrayIndent ?? true),
      skipInvalid: options.skipInvalid ?? false,
      flowLevel: options.flowLevel ?? -1,
      schema: schemaObject(options.schema),
      sortKeys: options.sortKeys ?? false,
      lineWidth: options.lineWidth ?? 80,
      noRefs: !(options.useAnchors ?? true),
      noCompatMode: !(options.compatMode ?? true),
      condenseFlow: options.condenseFlow ?? false,
    });
  } catch (error) {
    throw new TypeError(error instanceof Error ? error.message : String(error));
  }
}
