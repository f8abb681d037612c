import { TEXELS_PER_ROW } from "../ops/kernel_source.ts";
import type { Binding } from "../ops/op_spec.ts";
import {
  byteLength,
  BYTES_PER_ELEMENT,
  elementCount,
  storageOf,
  type Tensor,
  type TensorRole,
} from "../ops/tensor.ts";
import type { Capabilities } from "../runtime/capabilities.ts";
import { alignedBytes } from "./aligned_bytes.ts";
import type { LoweredPhase } from "./lower_phase.ts";
import { place } from "./place.ts";
import type { Location, MemoryCategory, Plan, PlannedBuffer } from "./plan.ts";
import type { PlanOptions } from "./plan_options.ts";
import type { StoragePlan } from "./storage_plan.ts";

const CATEGORY: Readonly<Record<TensorRole, MemoryCategory>> = {
  input: "inputs",
  constant: "inputs",
  state: "inputs",
  weight: "weights",
  gradient: "gradients",
  moment: "moments",
  activation: "activations",
  scratch: "activations",
};

/** Buffers and the places of tensors in them, as they are decided. */
export class MemoryMap {
  readonly buffers: PlannedBuffer[] = [];
  readonly #capabilities: Capabilities;
  readonly #places = new Map<Tensor, Location>();
  #texture: number | undefined;

  constructor(capabilities: Capabilities) {
    this.#capabilities = capabilities;
  }

  holds(tensor: Tensor): boolean {
    return this.#places.has(storageOf(tensor).root);
  }

  addPersistent(tensor: Tensor): void {
    const { root } = storageOf(tensor);
    if (this.#places.has(root)) return;
    const { maxBufferSize } = this.#capabilities.limits;
    const bytes = alignedBytes(byteLength(root), this.#capabilities);
    if (bytes > maxBufferSize) {
      throw new RangeError(
        `Cannot hold "${root.name}" of ${bytes} bytes: the adapter's largest buffer ` +
          `has ${maxBufferSize}; split the tensor`,
      );
    }
    this.#places.set(root, { buffer: this.buffers.length, offset: 0 });
    this.buffers.push({
      label: root.name,
      bytes,
      category: CATEGORY[root.role],
    });
  }

  /** Phases never run at the same time, so their temporaries share slabs. */
  addTemporaries(phases: readonly LoweredPhase[]): void {
    const slabs: number[] = [];
    const { maxBufferSize } = this.#capabilities.limits;
    const limit = maxBufferSize - maxBufferSize % this.#alignment;
    const first = this.buffers.length;
    for (const { demands } of phases) {
      const placement = place(demands, limit);
      placement.slabs.forEach((bytes, index) => {
        slabs[index] = Math.max(slabs[index] ?? 0, bytes);
      });
      for (const [tensor, { slab, offset }] of placement.places) {
        this.#places.set(tensor, { buffer: first + slab, offset });
      }
    }
    slabs.forEach((bytes, index) =>
      this.buffers.push({
        label: `activations ${index}`,
        bytes,
        category: "activations",
      })
    );
  }

  /** Adds the operand texture, which all nodes use one after the other. */
  addTexture(texels: number): void {
    if (texels === 0) return;
    const height = Math.ceil(texels / TEXELS_PER_ROW);
    const { maxTextureDimension2D } = this.#capabilities.limits;
    if (height > maxTextureDimension2D) {
      throw new RangeError(
        `Cannot hold ${texels} texels in rows of ${TEXELS_PER_ROW}: the adapter allows ` +
          `${maxTextureDimension2D} rows`,
      );
    }
    this.#texture = this.buffers.length;
    this.buffers.push({
      label: "operand texels",
      bytes: height * TEXELS_PER_ROW * 4 * BYTES_PER_ELEMENT,
      category: "activations",
      texture: { width: TEXELS_PER_ROW, height },
    });
  }

  addStaging(options: PlanOptions): Plan["staging"] {
    const add = (label: string, bytes: number): number =>
      this.buffers.push({ label, bytes, category: "staging" }) - 1;
    const ringBytes = alignedBytes(
      options.ringBytes ?? 256,
      this.#capabilities,
    );
    const readback = add(
      "readback",
      alignedBytes(options.readbackBytes ?? 4 << 20, this.#capabilities),
    );
    const ring = Array.from(
      { length: options.ringSlots ?? 0 },
      (_, slot) => add(`readback ring ${slot}`, ringBytes),
    );
    return { readback, ring, ringBytes };
  }

  locate(
    { root, offset }: { readonly root: Tensor; readonly offset: number },
  ): Location {
    const found = this.#places.get(root);
    if (!found) {
      throw new RangeError(
        `Cannot locate "${root.name}": no phase of the program uses it`,
      );
    }
    return {
      buffer: found.buffer,
      offset: found.offset + offset * BYTES_PER_ELEMENT,
    };
  }

  get #alignment(): number {
    return this.#capabilities.limits.minStorageBufferOffsetAlignment;
  }

  /** Checks a binding against the limits and gives its range. */
  range(
    binding: Binding,
    storage: StoragePlan,
    label: string,
  ): Location & { readonly bytes: number } {
    if ("texels" in binding) {
      const bytes = binding.texels * 4 * BYTES_PER_ELEMENT;
      return { buffer: this.#texture ?? -1, offset: 0, bytes };
    }
    const { tensor, offset = 0 } = binding;
    const length = binding.length ?? elementCount(tensor.shape) - offset;
    if (
      offset < 0 || length < 1 || offset + length > elementCount(tensor.shape)
    ) {
      throw new RangeError(
        `${label} binds elements ${offset} … ${
          offset + length
        } of "${tensor.name}" ` +
          `[${tensor.shape}]`,
      );
    }
    const bytes = length * BYTES_PER_ELEMENT;
    const { maxStorageBufferBindingSize } = this.#capabilities.limits;
    if (bytes > maxStorageBufferBindingSize) {
      throw new RangeError(
        `${label} binds ${bytes} bytes of "${tensor.name}" at once: the adapter ` +
          `allows ${maxStorageBufferBindingSize}`,
      );
    }
    const place = this.locate(storage.resolve(tensor));
    const start = place.offset + offset * BYTES_PER_ELEMENT;
    if (start % this.#alignment !== 0) {
      throw new RangeError(
        `${label} binds "${tensor.name}" at byte ${start}, not a multiple of ${this.#alignment}`,
      );
    }
    return { buffer: place.buffer, offset: start, bytes };
  }
}
