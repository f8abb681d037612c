import type { ModelShape } from "./model_shape.ts";
import type { PlanningDevice } from "./planning_device.ts";

/**
 * Floating-point operations a second of whole steps, the update counted in.
 *
 * @param device The device.
 * @param shape The model.
 * @param tokens Tokens of a step.
 */
export function stepRate(
  device: Pick<PlanningDevice, "rate" | "updateTokens">,
  shape: ModelShape,
  tokens: number,
): number {
  return device.rate(shape) * tokens / (tokens + device.updateTokens(shape));
}
