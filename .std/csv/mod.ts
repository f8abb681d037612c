/**
 * Stand-in for the part of `@std/csv` that minnow uses.
 *
 * @module
 */
export { parse, type ParseOptions, type ParseResult } from "./parse.ts";
export {
  type Column,
  type ColumnDetails,
  type DataItem,
  stringify,
  type StringifyOptions,
} from "./stringify.ts";
export { CsvParseStream, type CsvParseStreamOptions } from "./parse_stream.ts";
export {
  CsvStringifyStream,
  type CsvStringifyStreamOptions,
} from "./stringify_stream.ts";
