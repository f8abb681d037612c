import {
  byteLength,
  BYTES_PER_ELEMENT,
  elementCount,
  type Tensor,
} from "../ops/tensor.ts";
import { DeviceError } from "../runtime/device_error.ts";
import type { Gpu } from "../runtime/gpu.ts";
import { type ProfileEntry, Profiler } from "../runtime/profiler.ts";
import { ReadbackRing } from "../runtime/readback_ring.ts";
import { compileAhead } from "./compile_ahead.ts";
import {
  type Command,
  encodeCommands,
  encodeTimed,
} from "./encode_commands.ts";
import { kernelPipeline } from "./kernel_pipeline.ts";
import type { Location, Plan, PlannedDispatch } from "./plan.ts";
import {
  allocateMemory,
  type ProgramMemory,
  releaseMemory,
} from "./program_memory.ts";

/**
 * A planned program on a device: its buffers, pipelines and bind groups, all
 * made by {@linkcode Executable.compile} and none later.
 *
 * @example Adding two vectors
 * ```ts
 * import { add, Executable, Graph, openDevice, planProgram } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const a = graph.input("a", [3]);
 * const b = graph.input("b", [3]);
 * const sum = add(graph, a, b);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [sum],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.write(a, new Float32Array([1, 2, 3]));
 * program.write(b, new Float32Array([10, 20, 30]));
 * program.submit(["run"]);
 * assertEquals([...await program.read(sum)], [11, 22, 33]);
 * gpu.close();
 * ```
 */
export class Executable<Tag = unknown> {
  /** The plan that was compiled. */
  readonly plan: Plan;
  /** Ring for small results that are read some steps late. */
  readonly ring: ReadbackRing<Tag>;
  readonly #gpu: Gpu;
  readonly #memory: ProgramMemory;
  readonly #buffers: readonly GPUBuffer[];
  readonly #phases: ReadonlyMap<string, readonly Command[]>;
  readonly #profiler: Profiler | undefined;

  private constructor(
    gpu: Gpu,
    plan: Plan,
    memory: ProgramMemory,
    phases: ReadonlyMap<string, readonly Command[]>,
    profiler: Profiler | undefined,
  ) {
    this.#gpu = gpu;
    this.plan = plan;
    this.#memory = memory;
    this.#buffers = memory.buffers;
    this.#phases = phases;
    this.#profiler = profiler;
    this.ring = new ReadbackRing(
      gpu,
      plan.staging.ring.map((index) => memory.buffers[index]),
    );
  }

  /**
   * Allocates a plan's buffers, compiles its kernels, makes its bind groups
   * and uploads its constants.
   *
   * @param gpu Device to run on; the plan must have been made for it.
   * @param plan What to compile.
   * @param options `profile` measures the time of every launch.
   * @throws {DeviceError} if memory does not suffice, or the device refuses a
   * kernel or a launch; the message names it.
   */
  static async compile<Tag>(
    gpu: Gpu,
    plan: Plan,
    options: { readonly profile?: boolean } = {},
  ): Promise<Executable<Tag>> {
    const memory = await allocateMemory(gpu, plan);
    try {
      const phases = new Map<string, Command[]>();
      for (const [name, dispatches] of plan.phases) {
        const pipelines = await Promise.all(
          dispatches.map((planned) => kernelPipeline(gpu, planned)),
        );
        phases.set(
          name,
          dispatches.map((planned, index) => ({
            planned,
            pipeline: pipelines[index],
            bindGroup: bindGroupOf(gpu, plan, memory, planned),
          })),
        );
      }
      const profiler = options.profile ? await Profiler.create(gpu) : undefined;
      const program = new Executable<Tag>(gpu, plan, memory, phases, profiler);
      for (const [tensor, values] of plan.constants) {
        program.write(tensor, values);
      }
      for (const name of phases.keys()) await program.#validate(name);
      await compileAhead(
        gpu,
        [...phases.values()].flat(),
        plan.buffers.find(({ texture }) => texture)?.texture,
      );
      return program;
    } catch (error) {
      releaseMemory(gpu, memory);
      throw error;
    }
  }

  /**
   * Queues a copy from the host.
   *
   * @param tensor A persistent tensor.
   * @param data Values of the tensor's element type.
   * @param offset First element written.
   * @throws {RangeError} if the data does not fit the tensor.
   */
  write(
    tensor: Tensor,
    data: Float32Array | Uint32Array,
    offset: number = 0,
  ): void {
    if (offset + data.length > elementCount(tensor.shape)) {
      throw new RangeError(
        `Cannot write ${data.length} values at element ${offset} of "${tensor.name}" ` +
          `[${tensor.shape}]`,
      );
    }
    const place = this.plan.locate(tensor);
    this.#gpu.device.queue.writeBuffer(
      this.#buffers[place.buffer],
      place.offset + offset * BYTES_PER_ELEMENT,
      data as Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
    );
  }

  /** Queues filling a persistent tensor with zeros. */
  clear(tensor: Tensor): void {
    const { buffer, offset } = this.plan.locate(tensor);
    const encoder = this.#gpu.device.createCommandEncoder();
    encoder.clearBuffer(this.#buffers[buffer], offset, byteLength(tensor));
    this.#gpu.device.queue.submit([encoder.finish()]);
  }

  /**
   * Runs phases one after the other in a single submission.
   *
   * @param phases Names of phases.
   * @param capture Small tensor to copy into {@linkcode Executable.ring} after
   * the last phase, with a tag that comes back with it.
   */
  submit(
    phases: readonly string[],
    capture?: { readonly tensor: Tensor; readonly tag: Tag },
  ): void {
    this.#gpu.check();
    const encoder = this.#gpu.device.createCommandEncoder();
    for (const name of phases) this.#encode(name, encoder);
    if (capture) {
      const { buffer, offset } = this.plan.locate(capture.tensor);
      this.ring.capture(
        encoder,
        this.#buffers[buffer],
        offset,
        byteLength(capture.tensor),
        capture.tag,
      );
    }
    this.#gpu.device.queue.submit([encoder.finish()]);
    this.ring.submitted();
  }

  /** Reads a whole tensor of type f32 back, after all that was submitted. */
  async read(tensor: Tensor): Promise<Float32Array> {
    const bytes = new Uint8Array(byteLength(tensor));
    let filled = 0;
    for await (const chunk of this.chunks(tensor)) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return new Float32Array(bytes.buffer);
  }

  /**
   * Streams a tensor's bytes back, little-endian, in pieces that fit the
   * readback buffer, so that no copy of it is held in memory. Reads must not
   * run side by side: they share that buffer.
   */
  async *chunks(tensor: Tensor): AsyncGenerator<Uint8Array> {
    const place: Location = this.plan.locate(tensor);
    const { readback } = this.plan.staging;
    const staging = this.#buffers[readback];
    const total = byteLength(tensor);
    const most = this.plan.buffers[readback].bytes;
    for (let start = 0; start < total; start += most) {
      const bytes = Math.min(most, total - start);
      const encoder = this.#gpu.device.createCommandEncoder();
      encoder.copyBufferToBuffer(
        this.#buffers[place.buffer],
        place.offset + start,
        staging,
        0,
        bytes,
      );
      this.#gpu.device.queue.submit([encoder.finish()]);
      await this.#gpu.wait(staging.mapAsync(GPUMapMode.READ, 0, bytes));
      const chunk = new Uint8Array(staging.getMappedRange(0, bytes).slice(0));
      staging.unmap();
      yield chunk;
    }
  }

  /** Waits until everything submitted has run. */
  async finished(): Promise<void> {
    await this.#gpu.wait(this.#gpu.device.queue.onSubmittedWorkDone());
  }

  /** Where the time went, by label of the launches; empty unless profiled. */
  async profile(): Promise<ProfileEntry[]> {
    await this.#profiler?.collect();
    return this.#profiler?.entries() ?? [];
  }

  /** Whether launches are being timed. */
  get profiled(): boolean {
    return this.#profiler !== undefined;
  }

  /** Frees the program's buffers; the compiled kernels stay with the device. */
  destroy(): void {
    releaseMemory(this.#gpu, this.#memory);
    this.#profiler?.destroy();
  }

  #encode(name: string, encoder: GPUCommandEncoder): void {
    const commands = this.#phases.get(name);
    if (!commands) {
      throw new RangeError(
        `Cannot run phase "${name}": the program has ${
          [...this.#phases.keys()].join(", ")
        }`,
      );
    }
    const profiler = this.#profiler;
    if (profiler && commands.length <= profiler.room) {
      encodeTimed(commands, this.#memory, encoder, profiler);
      return;
    }
    encodeCommands(commands, this.#memory, encoder, name);
  }

  /**
   * Encodes a phase without running it, so that a launch which the device
   * refuses is found, and named, before any work starts.
   */
  async #validate(name: string): Promise<void> {
    const refusal = await this.#refusalOf(this.#phases.get(name) ?? []);
    if (!refusal) return;
    for (const command of this.#phases.get(name) ?? []) {
      const message = await this.#refusalOf([command]);
      if (message) {
        const { label, kernel } = command.planned;
        throw new DeviceError(
          "validation",
          `The device refuses ${label} (${kernel.name}) of phase "${name}": ${message}`,
        );
      }
    }
    throw new DeviceError(
      "validation",
      `The device refuses phase "${name}": ${refusal}`,
    );
  }

  async #refusalOf(commands: readonly Command[]): Promise<string | undefined> {
    const { device } = this.#gpu;
    device.pushErrorScope("validation");
    const encoder = device.createCommandEncoder();
    encodeCommands(commands, this.#memory, encoder, "validation");
    encoder.finish();
    const error = await this.#gpu.wait(device.popErrorScope());
    return error?.message.replaceAll(/\s*\n\s*/g, "; ");
  }
}

function bindGroupOf(
  gpu: Gpu,
  plan: Plan,
  { buffers, texture }: ProgramMemory,
  planned: PlannedDispatch,
): GPUBindGroup {
  return gpu.device.createBindGroup({
    label: `${planned.label}: ${
      planned.bindings.map(({ buffer }) => plan.buffers[buffer].label).join()
    }`,
    layout: gpu.bindGroupLayout(
      planned.bindings.map((binding) => binding.access),
    ),
    entries: planned.bindings.map(({ buffer, offset, bytes }, binding) => ({
      binding,
      resource: texture && plan.buffers[buffer].texture
        ? texture.createView()
        : { buffer: buffers[buffer], offset, size: bytes },
    })),
  });
}
