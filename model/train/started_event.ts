import type { StartedEvent } from "./events.ts";
import type { PreparedRun } from "./prepare_run.ts";

/**
 * Tells what a run is before its first step.
 *
 * @param run The run.
 * @param step Steps already taken.
 * @param steps Steps that it will take in all.
 */
export function startedEvent(
  { config, session, batchRamp, gpu, prediction }: PreparedRun,
  step: number,
  steps: number,
): StartedEvent {
  const { plan } = session.executable;
  return {
    type: "started",
    config,
    parameters: session.model.parameters.count,
    steps,
    step,
    tokensPerStep: batchRamp.stepTokens,
    planBytes: plan.bytes,
    peakBytes: plan.peakBytes,
    device: gpu.adapter.name,
    ...(prediction
      ? {
        predicted: {
          seconds: prediction.seconds,
          tokens: prediction.tokens,
          loss: prediction.loss,
        },
      }
      : {}),
  };
}
