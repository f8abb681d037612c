import { lawParameters } from "./law_parameters.ts";
import type { LargestModel } from "./largest_model.ts";
import type { PlanCandidate, PlanQuestion, RunPlan } from "./run_plan.ts";

/**
 * A plan for machines.
 *
 * @param question What was planned for.
 * @param plan What was decided.
 * @param largest The largest models that the memory has room for, if asked.
 */
export function planJson(
  question: PlanQuestion,
  { chosen, candidates, memoryBound, config }: RunPlan,
  largest: readonly LargestModel[],
): Record<string, unknown> {
  const { device, law, inferenceTokens, uniqueTokens } = question;
  return {
    ...candidateJson(chosen),
    bytes: chosen.fit.bytes,
    steps: chosen.steps,
    flops: chosen.tokens * chosen.shape.flopsPerToken,
    flops_per_second: device.rate(chosen.shape),
    bytes_per_second: device.bytesRate?.(chosen.shape) ?? null,
    device: device.name,
    memory: config.memory.limit,
    assumed: device.assumed,
    law,
    law_parameters: lawParameters(chosen.shape, law),
    inference_tokens: inferenceTokens,
    unique_tokens: uniqueTokens,
    memory_bound: memoryBound,
    config: { ...config, model: chosen.shape.config },
    candidates: candidates.map((candidate) => ({
      ...candidateJson(candidate),
      chosen: candidate.shape === chosen.shape,
    })),
    largest: largest.map(({ mode, shape, peakBytes }) => ({
      mode,
      parameters: shape?.parameters ?? null,
      peak_bytes: shape ? peakBytes : null,
    })),
  };
}

function candidateJson(
  candidate: PlanCandidate,
): Record<string, unknown> {
  const { shape, tokens, predictedLoss, seconds, fit, learningRate } =
    candidate;
  return {
    parameters: shape.parameters,
    layers: shape.layers,
    width: shape.width,
    tokens,
    tokens_per_parameter: tokens / shape.parameters,
    predicted_loss: predictedLoss,
    seconds,
    learning_rate: learningRate,
    sequences: candidate.sequences,
    batch: fit?.batch ?? null,
    accumulation: fit?.accumulation ?? null,
    recompute: fit?.policy ?? null,
    peak_bytes: fit?.peakBytes ?? null,
    fits: fit !== undefined,
  };
}
