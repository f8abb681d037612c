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
