import { movedBytes } from "../../kernels/plan/moved_bytes.ts";
import type { PlannedDispatch } from "../../kernels/plan/plan.ts";
import { BYTES_PER_ELEMENT } from "../../kernels/ops/tensor.ts";
import type { DevicePreset } from "../../model/budget/device_presets.ts";

/** What bounds the time of a node. */
export type Bound = "compute" | "memory" | "cache" | "launch" | "width";

/** What a node of a step costs on paper. */
export interface NodeCost {
  /** Pass and op, for instance `forward matmul`. */
  readonly kind: string;
  /** Launches. */
  readonly launches: number;
  /** Floating-point operations. */
  readonly flops: number;
  /** Bytes that its launches read and write, each bound range once. */
  readonly bytes: number;
  /** The same, counting again what several workgroups read. */
  readonly traffic: number;
  /** Predicted seconds. */
  readonly seconds: number;
  /** What takes the longest. */
  readonly bound: Bound;
}

/**
 * Shares of the peaks that good kernels reach: assumed, not measured. Products
 * in WGSL without tensor cores reach about this on NVIDIA, streaming kernels
 * somewhat more of the memory's.
 */
export const UTILISATION = { compute: 0.6, memory: 0.8 };

/**
 * How much faster than memory the last cache is that multiprocessors share;
 * assumed, because data sheets do not say. What workgroups read again is
 * assumed to come from there: those that run at the same time are neighbours.
 */
export const CACHE_SPEED = 3;

/** Seconds between the starts of dependent launches in one pass; assumed. */
export const LAUNCH_SECONDS = 4e-6;

/**
 * The roofline of every node of a step: its time is that of its arithmetic or
 * of its memory traffic, whichever is longer (Williams, Waterman and Patterson
 * 2009), and no less than its launches take. What is bound comes from memory
 * once; what tiles of a product read again, from the cache. Fewer workgroups than
 * multiprocessors leave some of those idle, which stretches arithmetic.
 *
 * @param launches Launches of a step in order.
 * @param device The GPU.
 * @returns Costs in the order of nodes.
 */
export function nodeCosts(
  launches: readonly PlannedDispatch[],
  device: DevicePreset,
): NodeCost[] {
  const nodes: PlannedDispatch[][] = [];
  for (const launch of launches) {
    const current = nodes.at(-1);
    const [first] = current ?? [];
    // The operations of a node stand at its first launch.
    const joins = first !== undefined && first.label === launch.label &&
      first.op === launch.op && first.pass === launch.pass &&
      launch.flops === 0;
    if (joins) current?.push(launch);
    else nodes.push([launch]);
  }
  return nodes.map((node) => costOf(node, device));
}

function costOf(
  node: readonly PlannedDispatch[],
  device: DevicePreset,
): NodeCost {
  const flops = sum(node.map((launch) => launch.flops));
  const bytes = movedBytes(node);
  const traffic = sum(
    node.map((launch) =>
      Math.max(
        (launch.kernel.traffic ?? 0) * BYTES_PER_ELEMENT,
        movedBytes([launch]),
      )
    ),
  );
  const groups = Math.max(
    ...node.map(({ workgroups: [x, y, z] }) => x * y * z),
  );
  const busy = Math.min(1, groups / device.multiprocessors);
  const full = flops / (device.flopsPerSecond * UTILISATION.compute);
  const memory = bytes / (device.bytesPerSecond * UTILISATION.memory);
  const cache = traffic /
    (device.bytesPerSecond * CACHE_SPEED * UTILISATION.memory);
  const launch = node.length * LAUNCH_SECONDS;
  const compute = full / busy;
  const seconds = Math.max(compute, memory, cache, launch);
  const bound: Bound = seconds === launch
    ? "launch"
    : seconds === memory
    ? "memory"
    : seconds === cache
    ? "cache"
    : full >= memory
    ? "compute"
    : "width";
  const [{ pass, op }] = node;
  const kind = `${pass} ${op}`;
  const launches = node.length;
  return { kind, launches, flops, bytes, traffic, seconds, bound };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
