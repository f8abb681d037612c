import { namesModel } from "./names_model.ts";
import type { RunConfig } from "./run_config.ts";

/** A run as far as it decides whether it is planned. */
export interface PlannableRun {
  /** The configuration. */
  readonly config: RunConfig;
  /** Dotted keys of it that somebody decided; absent if all of it was. */
  readonly given?: ReadonlySet<string> | undefined;
  /** Whether it goes on from a checkpoint. */
  readonly resume?: boolean;
}

/**
 * Whether the model of a run is chosen for its time: it has one, and names
 * neither a model nor steps.
 *
 * @param run The run.
 */
export function isPlanned<Run extends PlannableRun>(run: Run): run is Run & {
  readonly given: ReadonlySet<string>;
  readonly config: { readonly train: { readonly budget: number } };
} {
  const { config, given, resume = false } = run;
  const { budget, steps } = config.train;
  return given !== undefined && !resume && budget !== null && steps === null &&
    !namesModel(given);
}
