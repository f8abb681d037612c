import { parseRunConfig } from "../../model/train/parse_run_config.ts";
import type { RunConfig } from "../../model/train/run_config.ts";

/**
 * The default run, but for AdamW: what steps are timed with, because it is what
 * other trainers have.
 */
export function runDefaults(): RunConfig {
  return parseRunConfig("optimizer: { kind: adamw }", "defaults");
}
