import type { RunConfig } from "./run_config.ts";

/**
 * What is due after a step.
 *
 * @param config How often each happens.
 * @param step Steps taken.
 */
export function dueAt(
  config: RunConfig,
  step: number,
): Readonly<Record<"evaluate" | "sample" | "checkpoint", boolean>> {
  const isDue = ({ every }: { readonly every: number }) =>
    every > 0 && step % every === 0;
  return {
    evaluate: isDue(config.evaluate),
    sample: isDue(config.sample),
    checkpoint: isDue(config.checkpoint),
  };
}
