import {
  type Capabilities,
  DEFAULT_CAPABILITIES,
} from "../../kernels/runtime/capabilities.ts";

/** A GPU as its data sheet describes it. */
export interface DevicePreset {
  /** Name, such as `rtx-3090`. */
  readonly name: string;
  /** Memory in bytes. */
  readonly memoryBytes: number;
  /** Peak of f32 arithmetic outside of tensor cores, in FLOP/s. */
  readonly flopsPerSecond: number;
  /** Peak of the memory, in bytes a second. */
  readonly bytesPerSecond: number;
  /** Multiprocessors, compute units or GPU cores. */
  readonly multiprocessors: number;
  /** Limits and features that kernels are chosen by. */
  readonly capabilities: Capabilities;
}

/** What drivers of discrete GPUs grant. */
function granted(workgroupBytes: number): Capabilities {
  return {
    ...DEFAULT_CAPABILITIES,
    limits: {
      ...DEFAULT_CAPABILITIES.limits,
      maxBufferSize: 2 ** 32 - 4,
      maxStorageBufferBindingSize: 2 ** 31 - 4,
      maxStorageBuffersPerShaderStage: 16,
      maxComputeWorkgroupStorageSize: workgroupBytes,
      maxComputeInvocationsPerWorkgroup: 1024,
      maxComputeWorkgroupSizeX: 1024,
      maxTextureDimension2D: 16_384,
    },
    features: new Set(["timestamp-query", "shader-f16", "subgroups"]),
    texelReads: true,
  };
}

const NVIDIA = granted(49_152);
const APPLE = granted(32_768);

function preset(
  name: string,
  gigabytes: number,
  teraflops: number,
  gigabytesPerSecond: number,
  multiprocessors: number,
  capabilities: Capabilities,
): DevicePreset {
  return {
    name,
    memoryBytes: gigabytes * 2 ** 30,
    flopsPerSecond: teraflops * 1e12,
    bytesPerSecond: gigabytesPerSecond * 1e9,
    multiprocessors,
    capabilities,
  };
}

/**
 * GPUs that need not be present, by name: NVIDIA's architecture whitepapers
 * (Ampere GA102 and GA106, Ada AD102) and Apple's technical specifications.
 * WebGPU does not reach tensor cores, so their peaks do not count.
 */
export const DEVICE_PRESETS: ReadonlyMap<string, DevicePreset> = new Map(
  [
    preset("rtx-3060", 12, 12.74, 360, 28, NVIDIA),
    preset("rtx-3090", 24, 35.58, 936, 82, NVIDIA),
    preset("rtx-4090", 24, 82.58, 1008, 128, NVIDIA),
    preset("m1", 16, 2.6, 68.25, 8, APPLE),
    preset("m2-max", 64, 13.6, 400, 38, APPLE),
    preset("m3-max", 64, 14.2, 400, 40, APPLE),
  ].map((each) => [each.name, each]),
);
