import { BYTES_PER_TEXEL } from "../ops/kernel_source.ts";
import type { Binding } from "../ops/op_spec.ts";
import { isPersistent, storageOf, type Tensor } from "../ops/tensor.ts";
import type { Capabilities } from "../runtime/capabilities.ts";
import type { Graph } from "./graph.ts";
import { type Launch, type LoweredPhase, lowerPhase } from "./lower_phase.ts";
import { MemoryMap } from "./memory_map.ts";
import { neededCopies } from "./needed_copies.ts";
import type {
  MemoryCategory,
  Plan,
  PlannedBinding,
  PlannedDispatch,
} from "./plan.ts";
import type { PlanOptions } from "./plan_options.ts";

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
    const bound = phase.launches.map((launch) =>
      bindLaunch(launch, phase, memory)
    );
    planned.set(name, neededCopies(bound));
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

function bindLaunch(
  { node, dispatch, copies, flops }: Launch,
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
    if (!written.has(range.buffer)) return;
    const other = ranges.findIndex((each, otherIndex) =>
      index !== otherIndex && range.buffer === each.buffer &&
      range.offset < each.offset + each.bytes &&
      each.offset < range.offset + range.bytes
    );
    if (other < 0) return;
    const [name, otherName] = [index, other].map((at) =>
      nameOf(dispatch.bindings[at])
    );
    throw new RangeError(
      accesses[index] === "write"
        ? `${label} writes "${name}" where it also binds "${otherName}"`
        : `${label} reads "${name}" where it also binds "${otherName}", beside ` +
          "a result in the same buffer",
    );
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
    copies: copies.map(({ binding, source, first, count }) => {
      const { buffer, offset } = memory.range(binding, phase.storage, label);
      return {
        buffer,
        offset: offset + source * BYTES_PER_TEXEL,
        first,
        count,
      };
    }),
    flops,
  };
}

function nameOf(binding: Binding): string {
  return "texels" in binding ? "operand texels" : binding.tensor.name;
}
