/**
 * The command line of minnow: `deno run -A main.ts COMMAND`.
 *
 * @module
 */
import config from "./deno.json" with { type: "json" };
import type { Command } from "./model/command/command.ts";
import type { CommandGroup } from "./model/command/command_group.ts";
import { data } from "./model/command/data.ts";
import { dispatch } from "./model/command/dispatch.ts";
import { doctor } from "./model/command/doctor.ts";
import { generate } from "./model/command/generate.ts";
import { plan } from "./model/command/plan.ts";
import { quietDriver } from "./model/command/quiet_driver.ts";
import { scale } from "./model/command/scale.ts";
import { tokenizer } from "./model/command/tokenizer.ts";
import { train } from "./model/command/train.ts";
import { tune } from "./model/command/tune.ts";

const COMMANDS: readonly (Command | CommandGroup)[] = [
  train,
  plan,
  scale,
  generate,
  tune,
  data,
  tokenizer,
  doctor,
];

if (import.meta.main) {
  quietDriver();
  Deno.exit(await dispatch(COMMANDS, Deno.args, config.version));
}
