import type { Capabilities } from "./capabilities.ts";
import { DeviceError } from "./device_error.ts";

/** A buffer as the memory ledger knows it. */
export interface BufferRequest {
  /** Label for messages. */
  readonly label: string;
  /** Size in bytes, a multiple of 4. */
  readonly bytes: number;
  /** WebGPU usage flags. */
  readonly usage: GPUBufferUsageFlags;
}

/** How a kernel accesses a buffer or a texture of four f32 a texel. */
export type BindingAccess =
  | "read"
  | "read_write"
  | "texel_read"
  | "texel_write";

const LAYOUTS: Readonly<
  Record<BindingAccess, Omit<GPUBindGroupLayoutEntry, "binding" | "visibility">>
> = {
  read: { buffer: { type: "read-only-storage" } },
  read_write: { buffer: { type: "storage" } },
  texel_read: {
    storageTexture: { access: "read-only", format: "rgba32float" },
  },
  texel_write: {
    storageTexture: { access: "write-only", format: "rgba32float" },
  },
};

/** Bytes of a texel of four f32. */
const BYTES_PER_TEXEL = 16;

/** How an adapter describes itself. */
export interface AdapterDescription {
  /** Name of the device, such as `NVIDIA GeForce RTX 3090`. */
  readonly name: string;
  /** Driver and its version, as far as it is known. */
  readonly driver: string;
}

/**
 * An opened device. All memory and all pipelines are made here, so that both
 * can be counted, and here failures that WebGPU reports late become errors.
 *
 * @example
 * ```ts
 * import { openDevice } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const gpu = await openDevice();
 * const [buffer] = await gpu.createBuffers([
 *   { label: "numbers", bytes: 1024, usage: GPUBufferUsage.STORAGE },
 * ]);
 * assertEquals(gpu.allocatedBytes, 1024);
 * gpu.destroyBuffer(buffer);
 * assertEquals(gpu.allocatedBytes, 0);
 * gpu.close();
 * ```
 */
export class Gpu {
  /** What kernels may use. */
  readonly capabilities: Capabilities;
  /** Who does the work. */
  readonly adapter: AdapterDescription;
  /** The WebGPU device. */
  readonly device: GPUDevice;
  #allocatedBytes = 0;
  #buffersCreated = 0;
  #pipelinesCreated = 0;
  #failure: DeviceError | undefined;
  #closed = false;
  readonly #live = new Map<GPUBuffer | GPUTexture, number>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #lost: Promise<never>;
  readonly #others: Gpu[] = [];

  /** Wraps a device; {@linkcode openDevice} is the way to get one. */
  constructor(
    device: GPUDevice,
    capabilities: Capabilities,
    adapter: AdapterDescription,
  ) {
    this.device = device;
    this.capabilities = capabilities;
    this.adapter = adapter;
    this.#lost = new Promise((_, reject) => {
      device.lost.then((info) => {
        if (this.#closed) return;
        this.#failure ??= new DeviceError(
          "lost",
          `The GPU device "${adapter.name}" was lost (${info.reason}): ${info.message}. ` +
            `Work since the last checkpoint is gone; start again with --resume`,
        );
        reject(this.#failure);
      });
    });
    // Nobody may be waiting when the device goes; the failure is kept.
    this.#lost.catch(() => {});
    device.addEventListener("uncapturederror", (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      this.#failure ??= new DeviceError(
        error instanceof GPUOutOfMemoryError ? "out-of-memory" : "validation",
        `The GPU device reported: ${oneLine(error.message)}`,
      );
    });
  }

  /** Bytes of all buffers and textures that exist now. */
  get allocatedBytes(): number {
    return this.#allocatedBytes;
  }

  /** Buffers and textures created since the device was opened. */
  get buffersCreated(): number {
    return this.#buffersCreated;
  }

  /** Pipelines compiled since the device was opened. */
  get pipelinesCreated(): number {
    return this.#pipelinesCreated;
  }

  /**
   * Throws what went wrong since the last look, if anything did.
   *
   * @throws {DeviceError} if the device was lost or refused a command.
   */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Awaits a promise of this device, or the device's loss. */
  async wait<Value>(promise: Promise<Value>): Promise<Value> {
    const value = await Promise.race([promise, this.#lost]);
    this.check();
    return value;
  }

  /**
   * Creates buffers, all or none.
   *
   * @throws {DeviceError} if memory does not suffice; the message names the
   * buffer, its size, and what was allocated already.
   */
  async createBuffers(
    requests: readonly BufferRequest[],
  ): Promise<GPUBuffer[]> {
    const buffers: GPUBuffer[] = [];
    try {
      for (const request of requests) {
        buffers.push(await this.#createBuffer(request));
      }
    } catch (error) {
      for (const buffer of buffers) this.destroyBuffer(buffer);
      throw error;
    }
    return buffers;
  }

  #createBuffer({ label, bytes, usage }: BufferRequest): Promise<GPUBuffer> {
    return this.#create(
      label,
      bytes,
      () => this.device.createBuffer({ label, size: bytes, usage }),
    );
  }

  async #create<Resource extends GPUBuffer | GPUTexture>(
    label: string,
    bytes: number,
    create: () => Resource,
  ): Promise<Resource> {
    this.check();
    this.device.pushErrorScope("validation");
    this.device.pushErrorScope("out-of-memory");
    const resource = create();
    const outOfMemory = await this.wait(this.device.popErrorScope());
    const invalid = await this.wait(this.device.popErrorScope());
    const error = outOfMemory ?? invalid;
    if (error) {
      resource.destroy();
      throw new DeviceError(
        outOfMemory ? "out-of-memory" : "validation",
        `Cannot allocate ${bytes} bytes for "${label}" on "${this.adapter.name}" ` +
          `(${this.#allocatedBytes} bytes are allocated already): ${
            oneLine(error.message)
          }`,
      );
    }
    this.#live.set(resource, bytes);
    this.#allocatedBytes += bytes;
    this.#buffersCreated++;
    return resource;
  }

  /**
   * Creates a texture of four f32 a texel for kernels to write and to read.
   *
   * @throws {DeviceError} if memory does not suffice.
   */
  async createTexture(
    label: string,
    width: number,
    height: number,
  ): Promise<GPUTexture> {
    const bytes = width * height * BYTES_PER_TEXEL;
    return await this.#create(label, bytes, () =>
      this.device.createTexture({
        label,
        size: [width, height],
        format: "rgba32float",
        usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST,
      }));
  }

  /** Destroys a texture made here and takes it out of the count. */
  destroyTexture(texture: GPUTexture): void {
    this.#destroy(texture);
  }

  /** Destroys a buffer made here and takes it out of the count. */
  destroyBuffer(buffer: GPUBuffer): void {
    this.#destroy(buffer);
  }

  #destroy(resource: GPUBuffer | GPUTexture): void {
    this.#allocatedBytes -= this.#live.get(resource) ?? 0;
    this.#live.delete(resource);
    resource.destroy();
  }

  /**
   * The pipeline of a WGSL module, compiled at the first call and shared by
   * all programs on this device.
   *
   * @param label Name for messages.
   * @param code WGSL module with an entry point `main`.
   * @param access Access mode of each storage buffer in binding order.
   * @throws {DeviceError} if WGSL is refused; the message names the kernel.
   */
  pipeline(
    label: string,
    code: string,
    access: readonly BindingAccess[],
  ): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(code);
    if (!pipeline) {
      pipeline = this.#compile(label, code, access);
      this.#pipelines.set(code, pipeline);
    }
    return pipeline;
  }

  /** The bind group layout for storage buffers of these access modes. */
  bindGroupLayout(
    access: readonly BindingAccess[],
  ): GPUBindGroupLayout {
    const key = access.join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = this.device.createBindGroupLayout({
        label: key,
        entries: access.map((mode, binding) => ({
          binding,
          visibility: GPUShaderStage.COMPUTE,
          ...LAYOUTS[mode],
        })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  async #compile(
    label: string,
    code: string,
    access: readonly BindingAccess[],
  ): Promise<GPUComputePipeline> {
    this.#pipelinesCreated++;
    this.device.pushErrorScope("validation");
    const module = this.device.createShaderModule({ label, code });
    const refused = this.device.popErrorScope();
    try {
      const error = await this.wait(refused);
      if (error) throw new Error(error.message);
      const layout = this.device.createPipelineLayout({
        bindGroupLayouts: [this.bindGroupLayout(access)],
      });
      return await this.wait(
        this.device.createComputePipelineAsync({
          label,
          layout,
          compute: { module, entryPoint: "main" },
        }),
      );
    } catch (error) {
      if (error instanceof DeviceError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new DeviceError(
        "validation",
        `Cannot compile kernel "${label}": ${oneLine(reason)}`,
        { cause: error },
      );
    }
  }

  /** Closes another device when this one is closed. */
  closeWith(other: Gpu): void {
    this.#others.push(other);
  }

  /**
   * Destroys the device and everything on it.
   */
  close(): void {
    this.#closed = true;
    for (const other of this.#others) other.close();
    for (const resource of this.#live.keys()) resource.destroy();
    this.#live.clear();
    this.#allocatedBytes = 0;
    this.device.destroy();
  }
}

function oneLine(message: string): string {
  return message.trim().replaceAll(/\s*\n\s*/g, "; ");
}
