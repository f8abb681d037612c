import type { Capabilities } from "../runtime/capabilities.ts";

/** Bytes rounded up so that what follows them can be bound. */
export function alignedBytes(
  bytes: number,
  capabilities: Capabilities,
): number {
  const step = capabilities.limits.minStorageBufferOffsetAlignment;
  return Math.ceil(bytes / step) * step;
}
