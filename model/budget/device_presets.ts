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
  /** The same of f16. */
  readonly halfFlopsPerSecond: number;
  /** Peak of the memory, in bytes a second. */
  readonly bytesPerSecond: number;
  /** Multiprocessors, compute units or GPU cores. */
  readonly multiprocessors: number;
  /** Where the numbers are from, and which of them nobody publishes. */
  readonly source: string;
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
/** AMD's, Intel's and Apple's drivers grant this much workgroup memory. */
const OTHERS = granted(32_768);

const AMPERE = "NVIDIA Ampere GA102 GPU Architecture whitepaper";
const AMPERE_GA106 = "NVIDIA's specification of the GeForce RTX 3060";
const ADA = "NVIDIA Ada GPU Architecture whitepaper";
const BLACKWELL = "NVIDIA RTX Blackwell GPU Architecture whitepaper";
const AMD = "AMD's specification; counts two instructions issued at once";
const ALCHEMIST = "Intel's specification: 2.1 GHz, 256 f32 a clock and core";
const BATTLEMAGE = "Intel's specification: 2.67 GHz, 256 f32 a clock and core";
const APPLE = "Apple's announcement";
const APPLE_CLOCK =
  "Apple's specification; arithmetic assumed: 256 f32 a clock and core, ";

/**
 * Memory in GiB, TFLOP/s in f32 and in f16, GB/s, multiprocessors. Ampere and
 * later compute f16 outside of tensor cores at the rate of f32, as Apple does;
 * AMD and Intel at twice that.
 */
const SHEETS: readonly (readonly [
  name: string,
  gigabytes: number,
  teraflops: number,
  halfTeraflops: number,
  gigabytesPerSecond: number,
  multiprocessors: number,
  capabilities: Capabilities,
  source: string,
])[] = [
  ["rtx-3060", 12, 12.74, 12.74, 360, 28, NVIDIA, AMPERE_GA106],
  ["rtx-3090", 24, 35.58, 35.58, 936, 82, NVIDIA, AMPERE],
  ["rtx-4070", 12, 29.15, 29.15, 504, 46, NVIDIA, ADA],
  ["rtx-4090", 24, 82.58, 82.58, 1008, 128, NVIDIA, ADA],
  ["rtx-5090", 32, 104.8, 104.8, 1792, 170, NVIDIA, BLACKWELL],
  ["rx-7900-xtx", 24, 61.4, 122.8, 960, 96, OTHERS, AMD],
  ["arc-a770", 16, 17.2, 34.4, 560, 32, OTHERS, ALCHEMIST],
  ["arc-b580", 12, 13.67, 27.34, 456, 20, OTHERS, BATTLEMAGE],
  ["m1", 16, 2.6, 2.6, 68.25, 8, OTHERS, APPLE],
  ["m1-max", 64, 10.4, 10.4, 400, 32, OTHERS, APPLE],
  ["m2", 24, 3.6, 3.6, 100, 10, OTHERS, APPLE],
  ["m2-max", 96, 13.6, 13.6, 400, 38, OTHERS, APPLE],
  ["m3", 24, 3.53, 3.53, 100, 10, OTHERS, `${APPLE_CLOCK}1.38 GHz`],
  ["m3-max", 128, 14.13, 14.13, 400, 40, OTHERS, `${APPLE_CLOCK}1.38 GHz`],
  ["m4", 32, 4.04, 4.04, 120, 10, OTHERS, `${APPLE_CLOCK}1.58 GHz`],
  ["m4-max", 128, 16.18, 16.18, 546, 40, OTHERS, `${APPLE_CLOCK}1.58 GHz`],
];

/**
 * GPUs that need not be present, by name, from their makers' data sheets.
 * WebGPU does not reach tensor cores, so their peaks do not count. What kernels
 * make of a peak is for whoever predicts with it to assume.
 */
export const DEVICE_PRESETS: ReadonlyMap<string, DevicePreset> = new Map(
  SHEETS.map((
    [name, gigabytes, flops, half, bandwidth, multiprocessors, ...rest],
  ) => {
    const [capabilities, source] = rest;
    return [name, {
      name,
      memoryBytes: gigabytes * 2 ** 30,
      flopsPerSecond: flops * 1e12,
      halfFlopsPerSecond: half * 1e12,
      bytesPerSecond: bandwidth * 1e9,
      multiprocessors,
      capabilities,
      source,
    }];
  }),
);
