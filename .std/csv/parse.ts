import { nameFields, type ReadOptions, RecordReader } from "./record_reader.ts";

/** Options of {@linkcode parse}. */
export interface ParseOptions extends ReadOptions {
  /** Skip the first row, or take the names from it where none are given. */
  skipFirstRow?: boolean;
  /** Names of the fields. */
  columns?: readonly string[];
}

/** Rows as records where they have names, else as arrays of strings. */
export type ParseResult<Options extends ParseOptions> = Options extends
  { columns: readonly (infer Name extends string)[] } ? Record<Name, string>[]
  : Options extends { skipFirstRow: true } ? Record<string, string>[]
  : Options extends { skipFirstRow?: false; columns?: undefined } ? string[][]
  : Record<string, string>[] | string[][];

/**
 * Reads CSV text.
 *
 * @param input The text, with or without a byte-order mark.
 * @returns The rows.
 * @throws {SyntaxError} If a quote stands where none may.
 */
export function parse(input: string): string[][];
/**
 * Reads CSV text with options.
 *
 * @param input The text, with or without a byte-order mark.
 * @param options Separator, names and so on.
 * @returns Records where the rows have names, else arrays.
 * @throws {SyntaxError} If a quote stands where none may.
 */
export function parse<const Options extends ParseOptions>(
  input: string,
  options: Options,
): ParseResult<Options>;
export function parse(
  input: string,
  options: ParseOptions = {},
): string[][] | Record<string, string>[] {
  const reader = new RecordReader(options);
  const lines = input.replace(/^\ufeff/, "").split(/\r?\n/);
  const rows: string[][] = [];
  for (const [i, line] of lines.entries()) {
    // What follows the last line end is a line only if it holds something.
    if (i === lines.length - 1 && line === "") break;
    const last = i === lines.length - 1;
    const row = reader.push(last ? line.replace(/\r$/, "") : line);
    if (row) rows.push(row);
  }
  const open = reader.end();
  if (open) rows.push(open);
  if (!options.skipFirstRow && !options.columns) return rows;
  const head = options.skipFirstRow ? rows.shift() : undefined;
  if (options.skipFirstRow && head === undefined) {
    throw new TypeError("Cannot parse input: headers must be defined");
  }
  const names = options.columns ?? head ?? [];
  const firstLine = options.skipFirstRow ? 2 : 1;
  return rows.map((row, i) => nameFields(row, names, firstLine + i));
}
