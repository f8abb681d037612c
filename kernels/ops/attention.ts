import { add } from "./add.ts";
import {
  type AttentionLayout,
  packedWidth,
  visiblePairs,
} from "./attention_layout.ts";
import { attentionTexels, markCopyKernel } from "./attention_source.ts";
import {
  type AttentionVariant,
  forwardVariants,
  keyGradientVariants,
  queryGradientVariants,
} from "./attention_variants.ts";
import {
  foldWorkgroups,
  linearWorkgroups,
  type RowBlock,
  rowBlocks,
} from "./launch.ts";
import type {
  GraphBuilder,
  LowerContext,
  Node,
  OpSpec,
  TensorBinding,
  TexelBinding,
} from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import type { Tensor } from "./tensor.ts";

/** Heads and positions of an attention. */
export interface AttentionOptions {
  /** Query heads, H. */
  readonly heads: number;
  /** Key and value heads, a divisor of H. */
  readonly kvHeads: number;
  /** Elements of a head, D. */
  readonly headDim: number;
  /** Positions of a sequence, T. */
  readonly sequenceLength: number;
  /**
   * Keys that a query sees, itself included: those at positions greater than
   * its own minus the window.
   *
   * @default {Infinity}
   */
  readonly window?: number;
}

/**
 * Causal attention of whole sequences, scaled by 1/√D. Scores are never held
 * in memory: only a log-sum-exp per query and head is kept for the gradient.
 *
 * @param graph Graph to append to.
 * @param qkv Rows of query heads, key heads, value heads, `(B·T, (H+2·KV)·D)`.
 * @param options Heads, sequence length and window.
 * @param starts First position in its sequence that each query sees, u32
 * `(B·T)`: that where its document starts. Within a sequence they never
 * decrease. Absent for all before it; keys that no query of a tile sees cost
 * nothing.
 * @returns Weighted values, `(B·T, H·D)`.
 * @throws {ShapeError} if the operand does not hold such rows.
 *
 * @example
 * ```ts
 * import {
 *   attention,
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * // Two positions, each a query, a key and a value of one element. Queries of
 * // zero see all keys alike.
 * const qkv = graph.constant("qkv", [2, 3], Float32Array.of(0, 5, 1, 0, 7, 3));
 * const out = attention(graph, qkv, {
 *   heads: 1,
 *   kvHeads: 1,
 *   headDim: 1,
 *   sequenceLength: 2,
 * });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [out],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(out)], [1, 2]);
 * gpu.close();
 * ```
 */
export function attention(
  graph: GraphBuilder,
  qkv: Tensor,
  options: AttentionOptions,
  starts?: Tensor,
): Tensor {
  const { heads, kvHeads, headDim, sequenceLength, window } = options;
  const [rows, width] = qkv.shape;
  for (
    const count of [heads, kvHeads, headDim, sequenceLength, heads / kvHeads]
  ) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new ShapeError(
        `Cannot attend with ${heads} heads, ${kvHeads} key heads of ${headDim} over ` +
          `${sequenceLength} positions: these must be positive integers, and key heads divide heads`,
      );
    }
  }
  if (window !== undefined && !(window >= 1)) {
    throw new ShapeError(
      `Cannot attend in a window of ${window} keys: it must hold at least one`,
    );
  }
  const expected = packedWidth(options);
  if (
    qkv.shape.length !== 2 || width !== expected || rows % sequenceLength !== 0
  ) {
    throw new ShapeError(
      `Cannot attend over [${qkv.shape}]: it must hold rows of ${expected} for whole ` +
        `sequences of ${sequenceLength}`,
    );
  }
  if (starts && (starts.dtype !== "u32" || starts.shape.join() !== `${rows}`)) {
    throw new ShapeError(
      `Cannot mask ${rows} positions with ${starts.dtype} [${starts.shape}]: ` +
        `it must be u32 [${rows}]`,
    );
  }
  return graph.emit(spec, { qkv, starts }, {
    batches: rows / sequenceLength,
    length: sequenceLength,
    heads,
    kvHeads,
    headDim,
    window: Math.min(window ?? sequenceLength, sequenceLength),
    masked: starts !== undefined,
  }).out;
}

const spec: OpSpec<AttentionLayout> = {
  name: "attention",
  infer({ qkv }, { heads, headDim }) {
    const [rows] = qkv.shape;
    return {
      out: { shape: [rows, heads * headDim], dtype: "f32" },
      lse: { shape: [rows, heads], dtype: "f32" },
    };
  },
  gradient({ node, graph, gradientOf, contribute }) {
    const upstream = gradientOf(node.outputs.out);
    if (!upstream) return;
    const { qkv, starts } = node.inputs;
    const { out, lse } = node.outputs;
    contribute(qkv, (sum) => {
      const { gradient } = graph.emit(
        gradientSpec,
        { qkv, starts, out, lse, upstream },
        node.attributes,
      );
      return sum ? add(graph, sum, gradient) : gradient;
    });
  },
  lower(context) {
    const { qkv, starts } = context.node.inputs;
    const { out, lse } = context.node.outputs;
    const variant = pick(context, "attention", forwardVariants);
    for (const block of sequenceBlocks(context)) {
      const part = partOf(context, block);
      if (variant.texels) copyToTexels(context, part, { qkv });
      launch(context, variant, part, { qkv, starts, result: out, lse });
    }
  },
  flops: (node) => 4 * products(node),
};

/**
 * Gradient by the packed rows. Scores are computed again, once by query and
 * once by key, so that every element of the gradient is summed by one
 * invocation in a fixed order.
 */
const gradientSpec: OpSpec<AttentionLayout> = {
  name: "attention_gradient",
  infer: ({ qkv }) => ({ gradient: { shape: qkv.shape, dtype: "f32" } }),
  lower(context) {
    const { qkv, starts, out, lse, upstream } = context.node.inputs;
    const { gradient } = context.node.outputs;
    const delta = context.scratch("delta", lse.shape);
    const byQuery = pick(context, "attention_dq", queryGradientVariants);
    const byKey = pick(context, "attention_dkv", keyGradientVariants);
    const tensors = {
      qkv,
      starts,
      result: out,
      upstream,
      lse,
      delta,
      gradient,
    };
    for (const block of sequenceBlocks(context)) {
      const part = partOf(context, block);
      if (byQuery.texels || byKey.texels) {
        copyToTexels(context, part, { qkv, upstream });
      }
      launch(context, byQuery, part, tensors);
      if (byKey.texels) copyMarks(context, part, lse, delta);
      launch(context, byKey, part, tensors);
    }
  },
  // Seven products of a pair of rows: the scores and the gradient by the
  // weights twice, and one each for queries, keys and values.
  flops: (node) => 14 * products(node),
};

/** Multiplications of one product over all visible pairs and heads. */
function products({ attributes }: Node<AttentionLayout>): number {
  const { batches, length, heads, headDim, window } = attributes;
  return batches * heads * headDim * visiblePairs(length, window);
}

function pick(
  { node, capabilities, choose, once }: LowerContext<AttentionLayout>,
  problem: string,
  variants: typeof forwardVariants,
): AttentionVariant {
  const { batches, length, heads, kvHeads, headDim, window, masked } =
    node.attributes;
  const variant = choose(
    `${problem} ${batches} ${length} ${heads}/${kvHeads} ${headDim} ${window}${
      masked ? " masked" : ""
    }`,
    variants(node.attributes, capabilities),
  );
  return {
    ...variant,
    build: (layout) =>
      once(
        `${problem} ${variant.name} ${JSON.stringify(layout)}`,
        () => variant.build(layout),
      ),
  };
}

/** Runs of sequences of which every tensor's part can be bound. */
function sequenceBlocks(
  { node, capabilities }: LowerContext<AttentionLayout>,
): RowBlock[] {
  const { batches, length, heads, headDim, masked } = node.attributes;
  return rowBlocks(batches, [
    length * packedWidth(node.attributes),
    length * heads * headDim,
    length * heads,
    ...(masked ? [length] : []),
  ], capabilities);
}

/** Some sequences: what a launch computes, and the rows that it binds. */
interface Part {
  readonly layout: AttentionLayout;
  readonly texels: TexelBinding;
  bind(tensor: Tensor): TensorBinding & { readonly length: number };
}

function partOf(
  { node, texels }: LowerContext<AttentionLayout>,
  { start, rows }: RowBlock,
): Part {
  const layout = { ...node.attributes, batches: rows };
  return {
    layout,
    get texels() {
      return texels(attentionTexels(layout).all);
    },
    bind(tensor) {
      const elements = layout.length * (tensor.shape[1] ?? 1);
      return { tensor, offset: start * elements, length: rows * elements };
    },
  };
}

function launch(
  { capabilities, dispatch }: LowerContext<AttentionLayout>,
  variant: AttentionVariant,
  part: Part,
  tensors: Readonly<Record<string, Tensor | undefined>>,
): void {
  const { kernel, workgroups } = variant.build(part.layout);
  dispatch({
    kernel,
    bindings: kernel.bindings.map((binding) => {
      if ("texels" in binding) return part.texels;
      const tensor = tensors[binding.name];
      if (!tensor) throw new Error(`No tensor for binding "${binding.name}"`);
      return part.bind(tensor);
    }),
    workgroups: foldWorkgroups(workgroups, capabilities),
  });
}

function copyToTexels(
  context: LowerContext<AttentionLayout>,
  part: Part,
  { qkv, upstream }: { readonly qkv: Tensor; readonly upstream?: Tensor },
): void {
  const texels = attentionTexels(part.layout);
  const copy = (tensor: Tensor, first: number) => {
    const binding = part.bind(tensor);
    const count = binding.length / 4;
    context.copyToTexels({ binding, source: 0, first, count });
  };
  copy(qkv, 0);
  if (upstream) copy(upstream, texels.upstream);
}

function copyMarks(
  { capabilities, dispatch }: LowerContext<AttentionLayout>,
  part: Part,
  lse: Tensor,
  delta: Tensor,
): void {
  const { marks, all } = attentionTexels(part.layout);
  dispatch({
    kernel: markCopyKernel(marks, all - marks),
    bindings: [part.texels, part.bind(lse), part.bind(delta)],
    workgroups: linearWorkgroups(all - marks, capabilities),
  });
}
