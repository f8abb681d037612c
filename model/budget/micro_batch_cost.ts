import type { Capabilities } from "../../kernels/runtime/capabilities.ts";

/**
 * Tokens of a micro-batch at which kernels run at half their speed, assumed: a
 * GPU wants thousands of invocations at once, a CPU some dozens.
 */
const HALF_SPEED_TOKENS = { gpu: 512, software: 32 };

/**
 * Time of a token in a micro-batch, against one in an endless micro-batch.
 *
 * @param capabilities The device.
 * @param tokens Tokens of the micro-batch.
 */
export function microBatchCost(
  { software }: Pick<Capabilities, "software">,
  tokens: number,
): number {
  const { software: cpu, gpu } = HALF_SPEED_TOKENS;
  return 1 + (software ? cpu : gpu) / tokens;
}
