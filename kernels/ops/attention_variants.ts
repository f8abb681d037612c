import type { Capabilities } from "../runtime/capabilities.ts";
import type { AttentionLayout } from "./attention_layout.ts";
import {
  registerKeyGradient,
  registerQueryGradient,
} from "./attention_register_gradients.ts";
import {
  REGISTER_WORKGROUP,
  registerForward,
  registerItems,
  type RegisterTile,
} from "./attention_register_kernels.ts";
import {
  workgroupKeyGradient,
  workgroupQueryGradient,
} from "./attention_workgroup_gradients.ts";
import {
  workgroupCount,
  workgroupForward,
  type WorkgroupTile,
  workgroupTile,
} from "./attention_workgroup_kernels.ts";
import type { KernelSource } from "./kernel_source.ts";

/** One way to compute an attention or a part of its gradient. */
export interface AttentionVariant {
  /** Name for forcing and for timings. */
  readonly name: string;
  /** The kernel for some sequences, and how many workgroups it takes. */
  build(layout: AttentionLayout): {
    readonly kernel: KernelSource;
    readonly workgroups: number;
  };
}

/** Variants that suit a problem and an adapter, the likeliest fastest first. */
export type AttentionVariants = (
  layout: AttentionLayout,
  capabilities: Capabilities,
) => [AttentionVariant, ...AttentionVariant[]];

/** Ways to compute the weighted values and the log-sum-exp. */
export const forwardVariants: AttentionVariants = (layout, capabilities) =>
  variants(layout, capabilities, {
    heads: layout.heads,
    elements: 512,
    most: 8,
    slice: 16,
    exchanged: 1,
    register: registerForward,
    workgroup: workgroupForward,
  });

/** Ways to compute the gradient by the queries. */
export const queryGradientVariants: AttentionVariants = (
  layout,
  capabilities,
) =>
  variants(layout, capabilities, {
    heads: layout.heads,
    elements: 256,
    most: 8,
    slice: 8,
    exchanged: 2,
    register: registerQueryGradient,
    workgroup: workgroupQueryGradient,
  });

/** Ways to compute the gradients by keys and values. */
export const keyGradientVariants: AttentionVariants = (layout, capabilities) =>
  variants(layout, capabilities, {
    heads: layout.kvHeads,
    elements: 256,
    most: 4,
    slice: 8,
    exchanged: 2,
    register: registerKeyGradient,
    workgroup: workgroupKeyGradient,
  });

interface Family {
  /** Heads that are tiled. */
  readonly heads: number;
  /**
   * Elements of a head times rows that an invocation on registers holds:
   * a compromise between speed and the time that a driver compiles, which on
   * software adapters grows faster than the number of registers.
   */
  readonly elements: number;
  /** Most rows of an invocation on registers. */
  readonly most: number;
  /** Most vectors of a head that an invocation of a workgroup holds. */
  readonly slice: number;
  /** Numbers that invocations of a workgroup exchange per pair of rows. */
  readonly exchanged: number;
  register(layout: AttentionLayout, tile: RegisterTile): KernelSource;
  workgroup(layout: AttentionLayout, tile: WorkgroupTile): KernelSource;
}

/** Heads from which on registers take drivers too long to assign. */
const LARGE_HEAD = 128;

function variants(
  { headDim }: AttentionLayout,
  capabilities: Capabilities,
  family: Family,
): [AttentionVariant, ...AttentionVariant[]] {
  const rows = Math.max(
    1,
    Math.min(family.most, Math.floor(family.elements / headDim)),
  );
  const wide = registerVariant({ rows, turn: 1 }, family);
  const tile = workgroupTile(
    headDim,
    family.slice,
    family.exchanged,
    capabilities,
  );
  const narrow = registerVariant(
    { rows: Math.ceil(rows / 2), turn: 2 },
    family,
  );
  if (!tile) return rows > 1 ? [wide, narrow] : [wide];
  const staged: AttentionVariant = {
    name: `workgroup_${tile.rows}x${tile.lanes}x${tile.staged}`,
    build: (layout) => ({
      kernel: family.workgroup(layout, tile),
      workgroups: workgroupCount(layout, family.heads, tile),
    }),
  };
  if (headDim > LARGE_HEAD) return [staged];
  return capabilities.software ? [wide, staged] : [staged, wide];
}

function registerVariant(
  tile: RegisterTile,
  { heads, register }: Family,
): AttentionVariant {
  return {
    name: `registers_${tile.rows}x${tile.turn}`,
    build: (layout) => ({
      kernel: register(layout, tile),
      workgroups: Math.ceil(
        registerItems(layout, heads, tile) / REGISTER_WORKGROUP,
      ),
    }),
  };
}
