/**
 * The command-line entry: `deno run -A main.ts COMMAND`.
 *
 * @module
 */
import { parseArgs } from "@std/cli";

if (import.meta.main) {
  const { _: [command] } = parseArgs(Deno.args);
  console.error(`minnow: no command ${JSON.stringify(command ?? "")} yet`);
  Deno.exit(2);
}
