/**
 * Stand-in for the part of `@std/cli` that minnow uses.
 *
 * @module
 */
export { type Args, parseArgs, type ParseOptions } from "./parse_args.ts";
