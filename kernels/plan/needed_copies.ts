import { BYTES_PER_TEXEL } from "../ops/kernel_source.ts";
import type { PlannedDispatch, PlannedTexelCopy } from "./plan.ts";

/**
 * Leaves out copies of what the operand texture holds already: both gradients of
 * a product read the gradient of its result, one launch after the other.
 *
 * @param dispatches The launches of a phase in order. Nothing is known of the
 * texture before the first.
 * @returns The same launches with the copies that are needed.
 */
export function neededCopies(
  dispatches: readonly PlannedDispatch[],
): PlannedDispatch[] {
  let held: PlannedTexelCopy[] = [];
  return dispatches.map((dispatch) => {
    const needed = dispatch.copies.filter((copy) =>
      !held.some((other) => contains(other, copy))
    );
    held = held
      .filter((kept) => !needed.some((copy) => overlapInTexture(kept, copy)))
      .concat(needed)
      .filter((kept) => !changes(dispatch, kept));
    return { ...dispatch, copies: needed };
  });
}

function contains(held: PlannedTexelCopy, copy: PlannedTexelCopy): boolean {
  return held.buffer === copy.buffer && held.offset === copy.offset &&
    held.first === copy.first && held.count >= copy.count;
}

function overlapInTexture(
  a: PlannedTexelCopy,
  b: PlannedTexelCopy,
): boolean {
  return a.first < b.first + b.count && b.first < a.first + a.count;
}

/** Whether a launch writes to the texture, or to what a copy was made of. */
function changes(
  { kernel, bindings }: PlannedDispatch,
  { buffer, offset, count }: PlannedTexelCopy,
): boolean {
  const end = offset + count * BYTES_PER_TEXEL;
  return kernel.bindings.some((declared, index) => {
    if ("texels" in declared) return declared.texels === "write";
    const bound = bindings[index];
    return declared.access === "write" && bound.buffer === buffer &&
      bound.offset < end && offset < bound.offset + bound.bytes;
  });
}
