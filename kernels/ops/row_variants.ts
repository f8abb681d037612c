import type { Capabilities } from "../runtime/capabilities.ts";
import type { RowVariant } from "./row_walk.ts";

const ALONE: RowVariant = {
  name: "row_per_invocation",
  threads: 1,
  subgroups: false,
};

/**
 * The ways to spread the rows of a matrix over invocations that suit an
 * adapter, the likeliest to be fast first. On a GPU that is a row to a
 * workgroup of 64 invocations, or of 256 for more than 256 items, adding up
 * within subgroups where the adapter has them: that takes two barriers a sum
 * instead of seven or nine.
 *
 * @param items Items in a row.
 * @param capabilities The adapter.
 * @returns Variants to choose from.
 */
export function rowVariants(
  items: number,
  { limits, features, software }: Capabilities,
): [RowVariant, ...RowVariant[]] {
  const shared = [64, 256]
    .filter((threads) =>
      threads <= limits.maxComputeInvocationsPerWorkgroup &&
      threads <= limits.maxComputeWorkgroupSizeX
    )
    // Up to four items an invocation, so that a row stays in registers.
    .sort((a, b) => items <= 256 ? a - b : b - a)
    .flatMap((threads) => {
      const name = `row_per_${threads}`;
      const pairwise = { name, threads, subgroups: false };
      return features.has("subgroups")
        ? [{ name: `${name}_subgroups`, threads, subgroups: true }, pairwise]
        : [pairwise];
    });
  if (software || items < 16) return [ALONE, ...shared];
  const [first, ...others] = shared;
  return first ? [first, ...others, ALONE] : [ALONE];
}
