import type { Capabilities } from "../runtime/capabilities.ts";
import type { Binding, Dispatch, LowerContext, Node } from "../ops/op_spec.ts";
import {
  byteLength,
  BYTES_PER_ELEMENT,
  createTensor,
  elementCount,
  isPersistent,
  storageOf,
  type Tensor,
  type TensorRole,
} from "../ops/tensor.ts";
import type { Graph } from "./graph.ts";
import { TEXELS_PER_ROW } from "../ops/kernel_source.ts";
import { type Demand, place } from "./place.ts";
import type {
  Location,
  MemoryCategory,
  Plan,
  PlannedBinding,
  PlannedBuffer,
  PlannedDispatch,
} from "./plan.ts";
import { planStorage, type StoragePlan } from "./storage_plan.ts";

/** Choices that a caller makes about a plan. */
export interface PlanOptions {
  /** Temporaries that stay readable until the next run of any phase. */
  readonly keep?: readonly Tensor[];
  /** Persistent tensors that need memory even if no phase touches them. */
  readonly tensors?: readonly Tensor[];
  /** Picks kernel variants; the heuristic's choice where absent. */
  readonly choose?: LowerContext<unknown>["choose"];
  /** Bytes of the buffer that large reads go through. @default 4 MiB */
  readonly readbackBytes?: number;
  /** Slots of the ring for small late reads. @default 0 */
  readonly ringSlots?: number;
  /** Bytes of a slot. @default 256 */
  readonly ringBytes?: number;
}

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

/**
 * Plans a program: lowers every phase to kernel launches, decides which results
 * share storage, places all temporaries of all phases in common slabs and all
 * persistent tensors in buffers of their own. No device is needed, so the peak
 * is known, and can be refused, before anything is allocated.
 *
 * @param phases Graphs that run one after the other over the same memory, such
 * as the micro-step, the update and the evaluation of a trainer.
 * @param capabilities Limits and features to plan for.
 * @returns The plan; equal arguments give equal plans.
 * @throws {RangeError} if a tensor or a launch does not fit the limits.
 *
 * @example The memory of a product is known before it is taken
 * ```ts
 * import { add, DEFAULT_CAPABILITIES, Graph, planProgram } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const sum = add(graph, graph.input("a", [64]), graph.input("b", [64]));
 * const plan = planProgram(new Map([["run", graph]]), DEFAULT_CAPABILITIES, {
 *   keep: [sum],
 *   readbackBytes: 256,
 * });
 * assertEquals(plan.bytes.inputs, 512);
 * assertEquals(plan.peakBytes, 1024);
 * ```
 */
export function planProgram(
  phases: ReadonlyMap<string, Graph>,
  capabilities: Capabilities,
  options: PlanOptions = {},
): Plan {
  const lowered = new Map<string, LoweredPhase>();
  for (const [name, graph] of phases) {
    lowered.set(name, lowerPhase(graph, capabilities, options));
  }
  const memory = new MemoryMap(capabilities);
  for (const tensor of options.tensors ?? []) memory.addPersistent(tensor);
  for (const phase of lowered.values()) {
    for (const tensor of phase.persistent) memory.addPersistent(tensor);
  }
  memory.addTemporaries([...lowered.values()]);
  memory.addTexture(
    Math.max(0, ...[...lowered.values()].map(({ texels }) => texels)),
  );
  const staging = memory.addStaging(options);

  const planned = new Map<string, readonly PlannedDispatch[]>();
  for (const [name, phase] of lowered) {
    planned.set(
      name,
      phase.launches.map((launch) => bindLaunch(launch, phase, memory)),
    );
  }
  const bytes: Record<MemoryCategory, number> = {
    weights: 0,
    gradients: 0,
    moments: 0,
    activations: 0,
    inputs: 0,
    staging: 0,
  };
  for (const buffer of memory.buffers) bytes[buffer.category] += buffer.bytes;
  const constants = new Map<Tensor, Float32Array | Uint32Array>();
  for (const graph of phases.values()) {
    for (const [tensor, values] of graph.constants) {
      if (memory.holds(tensor)) constants.set(tensor, values);
    }
  }
  return {
    phases: planned,
    buffers: memory.buffers,
    bytes,
    peakBytes: Object.values(bytes).reduce((sum, part) => sum + part, 0),
    constants,
    staging,
    locate(tensor) {
      for (const phase of lowered.values()) {
        if (!isPersistent(tensor) && !phase.owns(tensor)) continue;
        return memory.locate(phase.storage.resolve(tensor));
      }
      return memory.locate(storageOf(tensor));
    },
  };
}

interface Launch {
  readonly node: Node;
  readonly dispatch: Dispatch;
  readonly flops: number;
}

interface LoweredPhase {
  /** Texels that the busiest node needs. */
  readonly texels: number;
  readonly storage: StoragePlan;
  readonly launches: readonly Launch[];
  readonly persistent: ReadonlySet<Tensor>;
  readonly demands: readonly Demand<Tensor>[];
  owns(tensor: Tensor): boolean;
}

function lowerPhase(
  graph: Graph,
  capabilities: Capabilities,
  options: PlanOptions,
): LoweredPhase {
  const produced = new Set(
    graph.nodes.flatMap((node) => Object.values(node.outputs)),
  );
  const keep = new Set(
    (options.keep ?? []).filter((tensor) =>
      !isPersistent(tensor) && produced.has(tensor)
    ),
  );
  const storage = planStorage(graph.nodes, keep);
  const launches: Launch[] = [];
  const persistent = new Set<Tensor>();
  const demands: Demand<Tensor>[] = [];
  let texels = 0;
  for (const [key, { from, to }] of storage.lifetimes) {
    demands.push({
      key,
      bytes: aligned(byteLength(key), capabilities),
      from,
      to,
    });
  }
  storage.nodes.forEach((node, index) => {
    for (
      const tensor of [
        ...Object.values(node.inputs),
        ...Object.values(node.outputs),
      ]
    ) {
      if (isPersistent(tensor)) persistent.add(storageOf(tensor).root);
    }
    let flops = node.op.flops(node);
    node.op.lower({
      node,
      capabilities,
      inPlace: storage.inPlace.has(node),
      choose: options.choose ?? ((_, candidates) => candidates[0]),
      scratch(name, shape, dtype = "f32") {
        const tensor = createTensor({
          name: `${node.label}:${name}`,
          shape,
          dtype,
          role: "scratch",
        });
        demands.push({
          key: tensor,
          bytes: aligned(byteLength(tensor), capabilities),
          from: index,
          to: index,
        });
        return tensor;
      },
      texels(count) {
        texels = Math.max(texels, count);
        return { texels: count };
      },
      dispatch(dispatch) {
        launches.push({ node, dispatch, flops });
        flops = 0;
      },
    });
  });
  return {
    storage,
    launches,
    persistent,
    demands,
    texels,
    owns: (tensor) => produced.has(storageOf(tensor).root),
  };
}

/** Buffers and the places of tensors in them, as they are decided. */
class MemoryMap {
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
    const bytes = aligned(byteLength(root), this.#capabilities);
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
    const ringBytes = aligned(options.ringBytes ?? 256, this.#capabilities);
    const readback = add(
      "readback",
      aligned(options.readbackBytes ?? 4 << 20, this.#capabilities),
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

function bindLaunch(
  { node, dispatch, flops }: Launch,
  phase: LoweredPhase,
  memory: MemoryMap,
): PlannedDispatch {
  const { kernel } = dispatch;
  const label = `${node.label} (${kernel.name})`;
  if (kernel.bindings.length !== dispatch.bindings.length) {
    throw new RangeError(
      `${label} declares ${kernel.bindings.length} bindings and got ${dispatch.bindings.length}`,
    );
  }
  const ranges = dispatch.bindings.map((binding) =>
    memory.range(binding, phase.storage, label)
  );
  const accesses = kernel.bindings.map((declaration) =>
    "texels" in declaration ? declaration.texels : declaration.access
  );
  const written = new Set(
    ranges.filter((_, index) => accesses[index] === "write")
      .map((range) => range.buffer),
  );
  ranges.forEach((range, index) => {
    if (accesses[index] !== "write") return;
    ranges.forEach((other, otherIndex) => {
      const overlap = index !== otherIndex && range.buffer === other.buffer &&
        range.offset < other.offset + other.bytes &&
        other.offset < range.offset + range.bytes;
      if (!overlap) return;
      throw new RangeError(
        `${label} writes "${
          nameOf(dispatch.bindings[index])
        }" where it also binds ` +
          `"${nameOf(dispatch.bindings[otherIndex])}"`,
      );
    });
  });
  const bindings = ranges.map((range, index): PlannedBinding => {
    const declaration = kernel.bindings[index];
    if ("texels" in declaration) {
      return { ...range, access: `texel_${declaration.texels}` };
    }
    // One buffer may not be bound read-only and writable in one dispatch.
    return {
      ...range,
      access: written.has(range.buffer) ? "read_write" : "read",
    };
  });
  return {
    label: node.label,
    op: node.op.name,
    pass: node.pass,
    kernel,
    bindings,
    workgroups: dispatch.workgroups,
    flops,
  };
}

function nameOf(binding: Binding): string {
  return "texels" in binding ? "operand texels" : binding.tensor.name;
}

function aligned(bytes: number, capabilities: Capabilities): number {
  const step = capabilities.limits.minStorageBufferOffsetAlignment;
  return Math.ceil(bytes / step) * step;
}
