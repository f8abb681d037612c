import type { Capabilities } from "../runtime/capabilities.ts";
import type { AttentionLayout } from "./attention_layout.ts";
import {
  type AttentionSource,
  attentionTexels,
  bufferSource,
  texelSource,
} from "./attention_source.ts";
import {
  registerKeyGradient,
  registerQueryGradient,
} from "./attention_register_gradients.ts";
import { registerForward } from "./attention_register_forward.ts";
import {
  registerGroups,
  type RegisterTile,
  tileName,
} from "./attention_register_tile.ts";
import { workgroupForward } from "./attention_workgroup_forward.ts";
import { workgroupKeyGradient } from "./attention_workgroup_key_gradient.ts";
import { workgroupQueryGradient } from "./attention_workgroup_query_gradient.ts";
import {
  workgroupCount,
  type WorkgroupShare,
  type WorkgroupTile,
  workgroupTile,
} from "./attention_workgroup_tile.ts";
import { type KernelSource, TEXELS_PER_ROW } from "./kernel_source.ts";
import { sharesLanes } from "./lane_sharing.ts";
import { MOST_LOOP_TURNS } from "./launch.ts";

/** One way to compute an attention or a part of its gradient. */
export interface AttentionVariant {
  /** Name for forcing and for timings. */
  readonly name: string;
  /** Whether it reads copies in the operand texture. */
  readonly texels: boolean;
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
    turns: layout.length,
    tile: { elements: 512, most: 8, turn: 1 },
    broadcast: { elements: 128, most: 4, turn: 4 },
    share: { slice: 5, vectors: 16, products: 1, ownsRows: true },
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
    turns: layout.length,
    tile: { elements: 256, most: 4, turn: layout.headDim <= 32 ? 2 : 1 },
    broadcast: { elements: 128, most: 2, turn: 2 },
    share: { slice: 5, vectors: 8, products: 2, ownsRows: false },
    register: registerQueryGradient,
    workgroup: workgroupQueryGradient,
  });

/** Ways to compute the gradients by keys and values. */
export const keyGradientVariants: AttentionVariants = (layout, capabilities) =>
  variants(layout, capabilities, {
    heads: layout.kvHeads,
    turns: (layout.length + 1) * layout.heads / layout.kvHeads,
    tile: { elements: 128, most: 4, turn: 1 },
    broadcast: { elements: 128, most: 4, turn: 2 },
    share: { slice: 5, vectors: 8, products: 2, ownsRows: false },
    register: registerKeyGradient,
    workgroup: workgroupKeyGradient,
  });

/**
 * Tile of an invocation on registers. A compromise between speed and the time
 * that software adapters compile, which grows faster than the number of
 * registers.
 */
interface TileBounds {
  /** Most elements of a head times rows that it holds. */
  readonly elements: number;
  /** Most rows that it holds. */
  readonly most: number;
  /** Rows of the other side per turn. */
  readonly turn: number;
}

interface Family {
  /** Heads that are tiled. */
  readonly heads: number;
  /** Turns of an invocation's loops if each took one row of the other side. */
  readonly turns: number;
  /** Of invocations that read alone. */
  readonly tile: TileBounds;
  /** Of invocations that share what they read. */
  readonly broadcast: TileBounds;
  /** What an invocation of a workgroup holds. */
  readonly share: WorkgroupShare;
  register(
    layout: AttentionLayout,
    tile: RegisterTile,
    source: AttentionSource,
  ): KernelSource;
  workgroup(layout: AttentionLayout, tile: WorkgroupTile): KernelSource;
}

/** Heads above which loads from buffers take drivers too long to compile. */
const LARGE_HEAD = 128;

function variants(
  layout: AttentionLayout,
  capabilities: Capabilities,
  family: Family,
): [AttentionVariant, ...AttentionVariant[]] {
  const { headDim } = layout;
  const { limits, software, texelReads } = capabilities;
  const registers = registerTile(layout, family, family.tile);
  const buffers = registerVariant(registers, family, false);
  // Devices with few registers may be faster with half of a tile.
  const staged = [1, 2].flatMap((part): AttentionVariant[] => {
    const share = { ...family.share, vectors: family.share.vectors / part };
    const tile = workgroupTile(headDim, share, layout.masked, capabilities);
    return tile ? [workgroupVariant(tile, family)] : [];
  }).filter(({ name }, index, [first]) => index === 0 || name !== first.name);
  if (staged.length === 0) return [buffers];
  const fromBuffers = headDim > LARGE_HEAD ? [] : [buffers];
  const [usual, ...smaller] = staged;
  if (!software) return [usual, ...smaller, ...fromBuffers];
  const texels = registerVariant(registers, family, true);
  const fits = attentionTexels(layout).all <=
    limits.maxTextureDimension2D * TEXELS_PER_ROW;
  const short = family.turns <= MOST_LOOP_TURNS ? [usual] : [];
  if (texelReads && fits) {
    const others = [...fromBuffers, ...short];
    if (!sharesLanes(capabilities)) return [texels, ...others];
    const tile = registerTile(layout, family, family.broadcast);
    const shared = registerVariant({ ...tile, shared: true }, family, true);
    return [shared, texels, ...others];
  }
  return headDim > LARGE_HEAD ? [usual] : [buffers, ...short];
}

function registerTile(
  { headDim }: AttentionLayout,
  { turns }: Family,
  { elements, most, turn }: TileBounds,
): RegisterTile {
  return {
    rows: Math.max(1, Math.min(most, Math.floor(elements / headDim))),
    turn: Math.max(turn, Math.ceil(turns / MOST_LOOP_TURNS)),
  };
}

function workgroupVariant(
  tile: WorkgroupTile,
  { heads, workgroup }: Family,
): AttentionVariant {
  return {
    name: `workgroup_${tile.held}x${tile.lanes}x${tile.staged}`,
    texels: false,
    build: (part) => ({
      kernel: workgroup(part, tile),
      workgroups: workgroupCount(part, heads, tile),
    }),
  };
}

function registerVariant(
  tile: RegisterTile,
  { heads, register }: Family,
  texels: boolean,
): AttentionVariant {
  return {
    name: tileName(tile, texels ? "texels" : "registers"),
    texels,
    build: (layout) => ({
      kernel: register(
        layout,
        tile,
        texels ? texelSource(layout) : bufferSource(layout),
      ),
      workgroups: registerGroups(layout, heads, tile),
    }),
  };
}
