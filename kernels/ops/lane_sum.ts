import type { VectorWidth } from "./vector_width.ts";

/**
 * WGSL of the sum of an item's elements.
 *
 * @param item WGSL of the item, without side effects.
 * @param width Elements of it.
 *
 * @example
 * ```ts
 * import { laneSum } from "./lane_sum.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(laneSum("x", 1), "x");
 * assertEquals(laneSum("x", 4), "dot(x, vec4<f32>(1.0))");
 * ```
 */
export function laneSum(item: string, width: VectorWidth): string {
  return width === 4 ? `dot(${item}, vec4<f32>(1.0))` : item;
}
