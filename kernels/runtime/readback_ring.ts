import { DeviceError } from "./device_error.ts";
import type { Gpu } from "./gpu.ts";

interface Capture<Tag> {
  readonly tag: Tag;
  readonly slot: number;
  readonly bytes: number;
  mapped: Promise<void> | undefined;
}

/**
 * Small results on their way from the device to the host. A step's numbers are
 * copied into the next slot and read some steps later, so that no step waits
 * for the device: a mapping costs 5–15 ms on a real GPU.
 *
 * Each capture goes through three calls: {@linkcode ReadbackRing.capture}
 * while encoding, {@linkcode ReadbackRing.submitted} after the submit, and
 * {@linkcode ReadbackRing.take} for the oldest.
 *
 * @example
 * ```ts
 * import { add, Executable, Graph, openDevice, planProgram } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.input("x", [1]);
 * const twice = add(graph, x, x);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["step", graph]]), gpu.capabilities, {
 *   keep: [twice],
 *   ringSlots: 2,
 * });
 * const program = await Executable.compile<number>(gpu, plan);
 * for (const step of [1, 2]) {
 *   program.write(x, Float32Array.of(10 * step));
 *   program.submit(["step"], { tensor: twice, tag: step });
 * }
 * const first = await program.ring.take();
 * assertEquals(first?.tag, 1);
 * assertEquals(first?.data, Float32Array.of(20));
 * assertEquals(program.ring.pending, 1);
 * gpu.close();
 * ```
 */
export class ReadbackRing<Tag> {
  readonly #gpu: Gpu;
  readonly #slots: readonly GPUBuffer[];
  readonly #pending: Capture<Tag>[] = [];
  #next = 0;

  /** Makes a ring over buffers with the usages MAP_READ and COPY_DST. */
  constructor(gpu: Gpu, slots: readonly GPUBuffer[]) {
    this.#gpu = gpu;
    this.#slots = slots;
  }

  /** Results captured and not yet taken. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Whether the oldest result must be taken before another can be captured. */
  get full(): boolean {
    return this.#pending.length >= this.#slots.length;
  }

  /**
   * Encodes a copy of a range of a buffer into the next slot.
   *
   * @throws {DeviceError} if the ring is full.
   */
  capture(
    encoder: GPUCommandEncoder,
    source: GPUBuffer,
    offset: number,
    bytes: number,
    tag: Tag,
  ): void {
    if (this.full) {
      throw new DeviceError(
        "validation",
        `All ${this.#slots.length} readback slots are in use: take a result first`,
      );
    }
    const slot = this.#next;
    this.#next = (this.#next + 1) % this.#slots.length;
    encoder.copyBufferToBuffer(source, offset, this.#slots[slot], 0, bytes);
    this.#pending.push({ tag, slot, bytes, mapped: undefined });
  }

  /** Starts mapping the captures whose commands were submitted. */
  submitted(): void {
    for (const capture of this.#pending) {
      capture.mapped ??= this.#slots[capture.slot]
        .mapAsync(GPUMapMode.READ, 0, capture.bytes);
      // A lost device is reported where the result is taken.
      capture.mapped.catch(() => {});
    }
  }

  /** Waits for the oldest result; undefined if there is none. */
  async take(): Promise<
    { readonly tag: Tag; readonly data: Float32Array } | undefined
  > {
    const capture = this.#pending[0];
    if (!capture?.mapped) return undefined;
    await this.#gpu.wait(capture.mapped);
    this.#pending.shift();
    const buffer = this.#slots[capture.slot];
    const data = new Float32Array(
      buffer.getMappedRange(0, capture.bytes).slice(0),
    );
    buffer.unmap();
    return { tag: capture.tag, data };
  }
}
