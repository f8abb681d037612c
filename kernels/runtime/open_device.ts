import type { Capabilities } from "./capabilities.ts";
import { DeviceError } from "./device_error.ts";
import { Gpu } from "./gpu.ts";

/** Features that minnow uses where an adapter has them. */
const FEATURES: readonly GPUFeatureName[] = ["timestamp-query", "shader-f16"];

/** One that Deno grants to devices whose adapters do not list it. */
const SUBGROUPS = "subgroups" as GPUFeatureName;

/** Names by which software implementations of Vulkan and Direct3D are known. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|basic render|software/i;

/**
 * Opens the best adapter with all the limits it has: WebGPU grants only small
 * defaults unless a device asks for more.
 *
 * @param options `defaultLimits` opens with WebGPU's default limits instead.
 * @returns The opened device.
 * @throws {DeviceError} if there is no adapter; the message says what to install.
 *
 * @example Opening a device
 * ```ts
 * import { openDevice } from "@minnow/minnow";
 * import { assert } from "@std/assert";
 *
 * const gpu = await openDevice();
 * assert(gpu.adapter.name !== "");
 * assert(gpu.capabilities.limits.maxBufferSize >= 1 << 28);
 * gpu.close();
 * ```
 */
export async function openDevice(
  options: { readonly defaultLimits?: boolean } = {},
): Promise<Gpu> {
  const adapter = await requestAdapter();
  if (!adapter) {
    throw new DeviceError(
      "no-adapter",
      "No GPU adapter was found. On Debian or Ubuntu install the driver of your card, or " +
        "Mesa's software one: apt-get install mesa-vulkan-drivers libvulkan1",
    );
  }
  const device = await requestDevice(
    adapter,
    options.defaultLimits ? {} : adapterLimits(adapter),
  );
  const { vendor, architecture, device: model, description } = adapter.info;
  const subgroups = await subgroupSupport(device);
  const name = /[a-z]/i.test(model) ? model : description || vendor;
  return new Gpu(
    device,
    capabilitiesOf(
      device,
      subgroups,
      subgroupSize(adapter),
      SOFTWARE.test(`${model} ${description} ${vendor}`),
    ),
    {
      name: name || "unknown adapter",
      driver: [vendor, architecture, model, description]
        // Vulkan gives vendors without a name as numbers.
        .filter((part, index, all) =>
          /[a-z]/i.test(part) && all.indexOf(part) === index
        )
        .join(" "),
    },
  );
}

function requestAdapter(): Promise<GPUAdapter | null> | undefined {
  return navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
}

async function requestDevice(
  adapter: GPUAdapter,
  requiredLimits: Record<string, number>,
): Promise<GPUDevice> {
  const features = FEATURES.filter((name) => adapter.features.has(name));
  const request = (from: GPUAdapter, requiredFeatures: GPUFeatureName[]) =>
    from.requestDevice({ label: "minnow", requiredFeatures, requiredLimits });
  try {
    return await request(adapter, [...features, SUBGROUPS]);
  } catch {
    // Implementations may refuse an adapter that has been asked before.
    return await request(await requestAdapter() ?? adapter, features);
  }
}

/** Invocations of a subgroup, where all have as many. */
function subgroupSize({ info }: GPUAdapter): number | undefined {
  const least: unknown = Reflect.get(info, "subgroupMinSize");
  const most: unknown = Reflect.get(info, "subgroupMaxSize");
  return typeof least === "number" && least === most ? least : undefined;
}

/** Every limit of the adapter, in the form that a device request takes. */
function adapterLimits(adapter: GPUAdapter): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value: unknown = Reflect.get(adapter.limits, name);
    if (typeof value === "number") limits[name] = value;
  }
  return limits;
}

/** Deno's types lack the set of WGSL features that Deno has. */
function hasLanguageFeature(name: string): boolean {
  const features: unknown = Reflect.get(navigator.gpu, "wgslLanguageFeatures");
  return typeof features === "object" && features !== null &&
    [...features as Iterable<string>].includes(name);
}

/** How a device's compiler takes kernels that use subgroups. */
type SubgroupSupport = "none" | "directive" | "plain";

/**
 * Implementations that grant the feature differ in what they compile: naga
 * knows the functions and refuses the directive that WGSL asks for.
 */
async function subgroupSupport(device: GPUDevice): Promise<SubgroupSupport> {
  if (!device.features.has(SUBGROUPS)) return "none";
  const kernel = `@compute @workgroup_size(4)
fn main() { _ = subgroupAdd(1u) + subgroupExclusiveAdd(1u); }`;
  for (
    const [support, code] of [
      ["directive", `enable subgroups;\n${kernel}`],
      ["plain", kernel],
    ] as const
  ) {
    device.pushErrorScope("validation");
    device.createShaderModule({ label: "subgroup probe", code });
    if (await device.popErrorScope() === null) return support;
  }
  return "none";
}

function capabilitiesOf(
  device: GPUDevice,
  subgroups: SubgroupSupport,
  subgroupSize: number | undefined,
  software: boolean,
): Capabilities {
  const { limits } = device;
  const features = new Set<string>(device.features);
  if (subgroups === "none") features.delete(SUBGROUPS);
  return {
    limits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      // Finer alignment than the default would only make plans differ.
      minStorageBufferOffsetAlignment: 256,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup:
        limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxTextureDimension2D: limits.maxTextureDimension2D,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    },
    features,
    texelReads: hasLanguageFeature("readonly_and_readwrite_storage_textures"),
    subgroupDirective: subgroups !== "plain",
    ...(subgroupSize === undefined ? {} : { subgroupSize }),
    software,
  };
}
