import { moduleText } from "../ops/kernel_source.ts";
import type { Gpu } from "../runtime/gpu.ts";
import type { PlannedDispatch } from "./plan.ts";

/**
 * The pipeline of a planned launch on a device.
 *
 * @param gpu The device.
 * @param planned The launch.
 * @throws {DeviceError} if the device refuses the kernel; the message names it.
 */
export function kernelPipeline(
  gpu: Gpu,
  { kernel, bindings, label }: PlannedDispatch,
): Promise<GPUComputePipeline> {
  const access = bindings.map((binding) => binding.access);
  return gpu.pipeline(
    `${label} (${kernel.name})`,
    moduleText(kernel, access, gpu.capabilities),
    access,
  );
}
