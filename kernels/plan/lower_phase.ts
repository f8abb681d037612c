import { add } from "../ops/add.ts";
import type { Dispatch, Node, PoseProblem, TexelCopy } from "../ops/op_spec.ts";
import { gradientPrecision } from "../ops/operand_precision.ts";
import {
  byteLength,
  createTensor,
  elementCount,
  isPersistent,
  storageOf,
  type Tensor,
} from "../ops/tensor.ts";
import {
  readThroughTexels,
  type ReadVariant,
  readVariants,
} from "../ops/texel_reads.ts";
import type { Capabilities } from "../runtime/capabilities.ts";
import { alignedBytes } from "./aligned_bytes.ts";
import type { Graph } from "./graph.ts";
import type { Demand } from "./place.ts";
import type { PlanOptions } from "./plan_options.ts";
import { planStorage, type StoragePlan } from "./storage_plan.ts";

/** A launch as its op asked for it. */
export interface Launch {
  readonly node: Node;
  readonly dispatch: Dispatch;
  /** Copies to the operand texture before the launch. */
  readonly copies: readonly TexelCopy[];
  readonly flops: number;
}

/** A phase as launches, its memory not yet decided. */
export interface LoweredPhase {
  /** Texels that the busiest node needs. */
  readonly texels: number;
  readonly storage: StoragePlan;
  readonly launches: readonly Launch[];
  readonly persistent: ReadonlySet<Tensor>;
  readonly demands: readonly Demand<Tensor>[];
  owns(tensor: Tensor): boolean;
}

/**
 * Decides the storage of a graph and lowers its nodes to launches.
 */
export function lowerPhase(
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
  const computed = new Map<string, unknown>();
  let texels = 0;
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
    let copies: TexelCopy[] = [];
    node.op.lower({
      node,
      capabilities,
      inPlace: storage.inPlace.has(node),
      operands: node.pass === "forward"
        ? options.operands ?? "f32"
        : gradientPrecision(options.operands ?? "f32"),
      choose: (problem, candidates, pose = posing(node)) =>
        options.choose?.(problem, candidates, pose) ?? candidates[0],
      once<Value>(key: string, compute: () => Value) {
        if (!computed.has(key)) computed.set(key, compute());
        return computed.get(key) as Value;
      },
      scratch(name, shape, dtype = "f32") {
        const tensor = createTensor({
          name: `${node.label}:${name}`,
          shape,
          dtype,
          role: "scratch",
        });
        demands.push({
          key: tensor,
          bytes: alignedBytes(byteLength(tensor), capabilities),
          from: index,
          to: index,
        });
        return tensor;
      },
      texels(count) {
        texels = Math.max(texels, count);
        return { texels: count };
      },
      copyToTexels(copy) {
        copies.push(copy);
      },
      dispatch(dispatch) {
        const reads = readsFrom(capabilities, options);
        const through = reads === "texels"
          ? readThroughTexels(dispatch, capabilities)
          : undefined;
        texels = Math.max(texels, through?.texels ?? 0);
        launches.push({
          node,
          dispatch: through?.dispatch ?? dispatch,
          copies: [...copies, ...through?.copies ?? []],
          flops,
        });
        copies = [];
        flops = 0;
      },
    });
  });
  const twice = readTwice(launches, storage);
  for (const [key, { from, to }] of storage.lifetimes) {
    demands.push({
      key,
      bytes: alignedBytes(byteLength(key), capabilities),
      from,
      to,
      alone: twice.has(key),
    });
  }
  return {
    storage,
    launches,
    persistent,
    demands,
    texels,
    owns: (tensor) => produced.has(storageOf(tensor).root),
  };
}

/**
 * Storages of which a launch reads some place through two bindings. Beside a
 * result in the same buffer both would have to be writable, and WebGPU refuses
 * two writable names of one place; so these get a buffer of their own.
 */
function readTwice(
  launches: readonly Launch[],
  storage: StoragePlan,
): ReadonlySet<Tensor> {
  const twice = new Set<Tensor>();
  for (const { dispatch } of launches) {
    const seen: { root: Tensor; start: number; end: number }[] = [];
    for (const binding of dispatch.bindings) {
      if ("texels" in binding) continue;
      const { tensor, offset = 0 } = binding;
      const { root, offset: base } = storage.resolve(tensor);
      const start = base + offset;
      const end = start +
        (binding.length ?? elementCount(tensor.shape) - offset);
      if (
        seen.some((other) =>
          other.root === root && other.start < end && start < other.end
        )
      ) twice.add(root);
      seen.push({ root, start, end });
    }
  }
  return twice;
}

/** Elements of each operand of the sum that tells how to read. */
const READ_SAMPLE = 2 ** 18;

/** Where launches read their operands: one choice for all of them. */
function readsFrom(
  capabilities: Capabilities,
  { choose }: PlanOptions,
): ReadVariant["name"] {
  const variants = readVariants(capabilities);
  const pose: PoseProblem = (graph) => {
    const operand = (name: string) => graph.input(name, [READ_SAMPLE]);
    add(graph, operand("a"), operand("b"));
    return undefined;
  };
  return (choose?.("reads", variants, pose) ?? variants[0]).name;
}

/** Poses a node as it is, over new operands. */
function posing({ op, inputs, attributes }: Node): PoseProblem {
  return (graph) => {
    const operands = Object.entries(inputs).map(([name, { shape, dtype }]) => [
      name,
      graph.input(name, shape, dtype),
    ]);
    graph.emit(op, Object.fromEntries(operands), attributes);
    return undefined;
  };
}
