/** What {@linkcode decayedWeight} is written for. */
export interface WeightDecay {
  /** WGSL type of the weight. */
  readonly element: "f32" | "vec4<f32>";
  /** Part of the weight, times the learning rate, taken off each step. */
  readonly weightDecay: number;
  /**
   * Whether weights decay only where that has the sign of the step: elsewhere
   * the loss is better off with a larger one (Chen et al. 2025, arXiv
   * 2510.12402).
   */
  readonly cautious: boolean;
  /** WGSL variable that has the sign of what the step takes off. */
  readonly direction: string;
}

/**
 * WGSL of a weight `old` after its decay, where `rate` is the learning rate:
 * decoupled from the gradient (Loshchilov & Hutter 2017, arXiv 1711.05101).
 *
 * @example
 * ```ts
 * import { decayedWeight } from "./decayed_weight.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = decayedWeight({
 *   element: "f32",
 *   weightDecay: 0.1,
 *   cautious: false,
 *   direction: "mean",
 * });
 * assertEquals(text, "old * (1.0 - rate * 0.1)");
 * ```
 */
export function decayedWeight(
  { element, weightDecay, cautious, direction }: WeightDecay,
): string {
  const decayed = `old * (1.0 - rate * ${weightDecay})`;
  return cautious && weightDecay > 0
    ? `select(old, ${decayed}, ${direction} * old >= ${element}(0.0))`
    : decayed;
}
