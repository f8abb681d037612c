import type { Capabilities } from "../../kernels/runtime/capabilities.ts";
import { testDevice } from "./harness.ts";

/** The device's capabilities, but for how many bytes one binding covers. */
export async function smallBindings(bytes: number): Promise<Capabilities> {
  const { capabilities } = await testDevice();
  return {
    ...capabilities,
    limits: { ...capabilities.limits, maxStorageBufferBindingSize: bytes },
  };
}
