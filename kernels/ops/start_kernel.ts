import type { KernelSource } from "./kernel_source.ts";
import { linearMain } from "./launch.ts";
import { vectorElement, type VectorWidth } from "./vector_width.ts";

/**
 * A kernel that gives a sum its first value, for ops whose later launches add
 * only to some of its elements.
 *
 * @param items Items of `width` elements.
 * @param width Elements an item.
 * @param into Whether the sum starts from a second binding rather than zero.
 * @returns A linear kernel with the bindings `sum` and, where it starts from
 * one, `into`.
 */
export function startKernel(
  items: number,
  width: VectorWidth,
  into: boolean,
): KernelSource {
  const element = vectorElement(width);
  return {
    name: into ? "copy" : "zero",
    bindings: [
      { name: "sum", element, access: "write" },
      ...(into ? [{ name: "into", element, access: "read" } as const] : []),
    ],
    body: linearMain(
      items,
      `sum[index] = ${into ? "into[index]" : `${element}(0.0)`};`,
    ),
  };
}
