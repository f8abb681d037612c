import {
  KEEP_ALL,
  type RecomputePolicy,
} from "../../kernels/plan/recompute.ts";
import type { MemorySection } from "./run_config.ts";

/**
 * What a run may compute again instead of keeping it, the fastest way first:
 * results of cheap ops, then whole blocks as well, one more each time.
 *
 * @param recompute What the run says of it.
 * @param layers Blocks of the model.
 * @returns At least one policy.
 */
export function allowedPolicies(
  recompute: MemorySection["recompute"],
  layers: number,
): [RecomputePolicy, ...RecomputePolicy[]] {
  if (recompute === "none") return [KEEP_ALL];
  if (recompute === "block") return [{ elementwise: false, blocks: layers }];
  const elementwise = { elementwise: true, blocks: 0 };
  if (recompute === "elementwise") return [elementwise];
  const blocks = Array.from(
    { length: layers },
    (_, index) => ({ elementwise: true, blocks: index + 1 }),
  );
  return [KEEP_ALL, elementwise, ...blocks];
}
