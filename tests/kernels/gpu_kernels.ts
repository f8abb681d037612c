import { openDevice } from "../../kernels/runtime/open_device.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";

/**
 * A device of its own that programs are planned for as if it were a GPU, so that
 * a software adapter runs the kernels that GPUs get.
 *
 * @returns The device, for the caller to close.
 */
export async function deviceWithGpuKernels(): Promise<Gpu> {
  const gpu = await openDevice({
    defaultLimits: Deno.env.get("MINNOW_TEST_LIMITS") === "default",
  });
  return Object.defineProperty(gpu, "capabilities", {
    value: { ...gpu.capabilities, software: false },
  });
}
