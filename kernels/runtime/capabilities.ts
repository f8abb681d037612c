/**
 * The limits and features of an adapter that decide what a kernel may do.
 * Kernels are chosen from these alone, so a program can be planned for a device
 * that is not present.
 */
export interface Capabilities {
  /** The WebGPU limits that kernels and the memory planner look at. */
  readonly limits: {
    /** Largest buffer, in bytes. */
    readonly maxBufferSize: number;
    /** Largest range of a buffer that one binding can cover, in bytes. */
    readonly maxStorageBufferBindingSize: number;
    /** Alignment of a binding's offset, in bytes. */
    readonly minStorageBufferOffsetAlignment: number;
    /** Storage buffers that one kernel can bind. */
    readonly maxStorageBuffersPerShaderStage: number;
    /** Workgroup memory, in bytes. */
    readonly maxComputeWorkgroupStorageSize: number;
    /** Invocations in a workgroup. */
    readonly maxComputeInvocationsPerWorkgroup: number;
    /** Invocations in a workgroup along x. */
    readonly maxComputeWorkgroupSizeX: number;
    /** Side of a texture, in texels. */
    readonly maxTextureDimension2D: number;
    /** Workgroups of a dispatch, per dimension. */
    readonly maxComputeWorkgroupsPerDimension: number;
  };
  /** WebGPU features that the device was opened with. */
  readonly features: ReadonlySet<string>;
  /**
   * Whether kernels may read textures that kernels have written: WGSL's
   * language feature `readonly_and_readwrite_storage_textures`.
   */
  readonly texelReads: boolean;
  /**
   * Whether kernels must declare that they use subgroups, as WGSL wants it.
   * Naga, which Deno has, refuses the line and needs none.
   */
  readonly subgroupDirective: boolean;
  /** Invocations of a subgroup, where all have as many. */
  readonly subgroupSize?: number;
  /**
   * Whether shader invocations run on a CPU. There workgroup memory is plain
   * memory and barriers cost, so register tiles win; on a GPU the opposite.
   */
  readonly software: boolean;
}

/**
 * WebGPU's default limits: what every implementation grants.
 *
 * @example
 * ```ts
 * import { DEFAULT_CAPABILITIES } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const { limits } = DEFAULT_CAPABILITIES;
 * assertEquals(limits.maxStorageBufferBindingSize, 128 * 2 ** 20);
 * ```
 */
export const DEFAULT_CAPABILITIES: Capabilities = {
  limits: {
    maxBufferSize: 268_435_456,
    maxStorageBufferBindingSize: 134_217_728,
    minStorageBufferOffsetAlignment: 256,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupStorageSize: 16_384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupSizeX: 256,
    maxTextureDimension2D: 8192,
    maxComputeWorkgroupsPerDimension: 65_535,
  },
  features: new Set<string>(),
  texelReads: false,
  subgroupDirective: true,
  software: false,
};
