/**
 * The command line of minnow: `deno run -A main.ts COMMAND`.
 *
 * @module
 */
import config from "./deno.json" with { type: "json" };
import type { Command } from "./model/command/command.ts";
import { dispatch } from "./model/command/dispatch.ts";

const COMMANDS: readonly Command[] = [];

if (import.meta.main) {
  Deno.exit(await dispatch(COMMANDS, Deno.args, config.version));
}
