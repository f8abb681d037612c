import type { Capabilities } from "../runtime/capabilities.ts";
import type { RowVariant } from "./row_walk.ts";

const ALONE: RowVariant = { name: "row_per_invocation", threads: 1 };

/**
 * The ways to spread the rows of a matrix over invocations that suit an
 * adapter, the likeliest to be fast first.
 *
 * @param items Items in a row.
 * @param capabilities The adapter.
 * @returns Variants to choose from.
 */
export function rowVariants(
  items: number,
  { limits, software }: Capabilities,
): [RowVariant, ...RowVariant[]] {
  const shared = [64, 256]
    .filter((threads) =>
      threads <= limits.maxComputeInvocationsPerWorkgroup &&
      threads <= limits.maxComputeWorkgroupSizeX
    )
    // Up to four items an invocation, so that a row stays in registers.
    .sort((a, b) => items <= 256 ? a - b : b - a)
    .map((threads) => ({ name: `row_per_${threads}`, threads }));
  if (software || items < 16) return [ALONE, ...shared];
  const [first, ...others] = shared;
  return first ? [first, ...others, ALONE] : [ALONE];
}
