import type { Capabilities } from "../runtime/capabilities.ts";

/**
 * Bytes of a tensor that can be bound at once wherever they start: what is bound
 * begins at the last aligned byte before them.
 *
 * @param capabilities Limits of the adapter.
 */
export function bindableBytes(
  { limits }: Pick<Capabilities, "limits">,
): number {
  return limits.maxStorageBufferBindingSize -
    limits.minStorageBufferOffsetAlignment;
}
