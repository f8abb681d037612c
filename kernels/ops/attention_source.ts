import {
  type AttentionLayout,
  headAccess,
  packedWidth,
} from "./attention_layout.ts";
import {
  type BindingDeclaration,
  type KernelSource,
  texelAddress,
  wholeTexelRows,
} from "./kernel_source.ts";
import { linearMain } from "./launch.ts";

/** What the innermost loops of attention read. */
export type AttentionOperand = "qkv" | "upstream";

/** Where a kernel finds what its innermost loop reads. */
export interface AttentionSource {
  /** Declarations for the operands that a kernel reads. */
  operands(...names: readonly AttentionOperand[]): BindingDeclaration[];
  /** Declarations for {@linkcode AttentionSource.marks}. */
  readonly markBindings: readonly BindingDeclaration[];
  /** WGSL of a chunk of the head that starts at index `base` of an operand. */
  load(name: AttentionOperand, base: string, chunk: number): string;
  /** WGSL of a vector that starts with the log-sum-exp and delta at an index. */
  marks(index: string): string;
}

/** Operands in the buffers that hold them anyway. */
export function bufferSource({ headDim }: AttentionLayout): AttentionSource {
  const { element, load } = headAccess(headDim);
  return {
    operands: (...names) =>
      names.map((name) => ({ name, element, access: "read" })),
    markBindings: [
      { name: "lse", element: "f32", access: "read" },
      { name: "delta", element: "f32", access: "read" },
    ],
    load,
    marks: (index) => `vec2<f32>(lse[${index}], delta[${index}])`,
  };
}

/** Numbers of the first texels of what is copied, and of all texels. */
export function attentionTexels(
  layout: AttentionLayout,
): { readonly upstream: number; readonly marks: number; readonly all: number } {
  const { batches, length, heads, headDim } = layout;
  const rows = batches * length;
  const upstream = wholeTexelRows(rows * packedWidth(layout) / 4);
  const marks = upstream + wholeTexelRows(rows * heads * headDim / 4);
  return { upstream, marks, all: marks + rows * heads };
}

/** Operands copied to the operand texture; heads must be whole vectors. */
export function texelSource(layout: AttentionLayout): AttentionSource {
  const { upstream, marks } = attentionTexels(layout);
  const texel = (index: string) =>
    `textureLoad(operands, ${texelAddress(index)})`;
  return {
    operands: () => [{ name: "operands", texels: "read" }],
    markBindings: [],
    load: (name, base, chunk) =>
      texel(`${base} + ${(name === "qkv" ? 0 : upstream) + chunk}u`),
    marks: (index) => texel(`${index} + ${marks}u`),
  };
}

/** Kernel that copies log-sum-exps and deltas to texels from number `first`. */
export function markCopyKernel(first: number, count: number): KernelSource {
  return {
    name: "attention_mark_copy",
    bindings: [
      { name: "operands", texels: "write" },
      { name: "lse", element: "f32", access: "read" },
      { name: "delta", element: "f32", access: "read" },
    ],
    body: linearMain(
      count,
      `textureStore(
    operands,
    ${texelAddress(`${first}u + index`)},
    vec4<f32>(lse[index], delta[index], 0.0, 0.0),
  );`,
    ),
  };
}
