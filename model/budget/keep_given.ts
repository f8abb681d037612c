import { RUN_SECTIONS } from "../train/run_config_schema.ts";
import type { RunConfig } from "../train/run_config.ts";

/**
 * What a plan is asked for rather than what it decides: time and memory are
 * questions to it, and of the model it is never told.
 */
const ASKED: ReadonlySet<string> = new Set([
  "train.budget",
  "train.steps",
  "memory.limit",
]);

/**
 * A configuration with those keys put back that somebody decided.
 *
 * @param planned What a planner made of it.
 * @param base What was given, defaults filled in.
 * @param given Dotted keys of `base` that were decided; those of the model,
 * budget, steps and memory limit are passed over.
 */
export function keepGiven(
  planned: RunConfig,
  base: RunConfig,
  given: ReadonlySet<string>,
): RunConfig {
  const kept = <T extends object>(name: string, ours: T, theirs: T): T => {
    const keys = Object.keys(ours).filter((key) =>
      given.has(`${name}.${key}`) && !ASKED.has(`${name}.${key}`)
    );
    return Object.assign(
      { ...ours },
      Object.fromEntries(keys.map((key) => [key, Reflect.get(theirs, key)])),
    );
  };
  const merged = { ...planned };
  for (const name in RUN_SECTIONS) {
    if (!isSection(name)) continue;
    Object.assign(merged, { [name]: kept(name, planned[name], base[name]) });
  }
  return merged;
}

function isSection(name: string): name is keyof typeof RUN_SECTIONS {
  return Object.hasOwn(RUN_SECTIONS, name);
}
