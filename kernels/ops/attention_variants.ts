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
export const forwardVariants: AttentionVariants = (layout) => {
  const variant = (tile: RegisterTile) =>
    registerVariant(tile, layout.heads, registerForward);
  return [
    variant({ rows: registerRows(layout.headDim, 256, 8), turn: 2 }),
    variant({ rows: registerRows(layout.headDim, 128, 2), turn: 1 }),
  ];
};

/** Ways to compute the gradient by the queries. */
export const queryGradientVariants: AttentionVariants = (layout) => {
  const variant = (tile: RegisterTile) =>
    registerVariant(tile, layout.heads, registerQueryGradient);
  return [
    variant({ rows: registerRows(layout.headDim, 128, 4), turn: 1 }),
    variant({ rows: registerRows(layout.headDim, 64, 2), turn: 2 }),
  ];
};

/** Ways to compute the gradients by keys and values. */
export const keyGradientVariants: AttentionVariants = (layout) => {
  const variant = (tile: RegisterTile) =>
    registerVariant(tile, layout.kvHeads, registerKeyGradient);
  return [
    variant({ rows: registerRows(layout.headDim, 128, 4), turn: 1 }),
    variant({ rows: registerRows(layout.headDim, 64, 2), turn: 2 }),
  ];
};

/** Rows whose heads fill the given number of elements in registers. */
function registerRows(headDim: number, elements: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(elements / headDim)));
}

function registerVariant(
  tile: RegisterTile,
  heads: number,
  kernel: (layout: AttentionLayout, tile: RegisterTile) => KernelSource,
): AttentionVariant {
  return {
    name: `registers_${tile.rows}x${tile.turn}`,
    build: (layout) => ({
      kernel: kernel(layout, tile),
      workgroups: Math.ceil(
        registerItems(layout, heads, tile) / REGISTER_WORKGROUP,
      ),
    }),
  };
}
