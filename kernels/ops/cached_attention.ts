import { cachedAttentionKernel } from "./cached_attention_kernel.ts";
import type { KernelSource } from "./kernel_source.ts";
import { foldWorkgroups, linearMain, linearWorkgroups } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import type { Tensor, TensorType } from "./tensor.ts";

/** Operands of {@linkcode cachedAttention}. */
export interface CachedAttentionOperands {
  /**
   * R new rows of query heads, key heads and value heads,
   * (R, (H + 2·KV)·D).
   */
  readonly qkv: Tensor;
  /** Keys of all positions so far, persistent, (P, KV·D). */
  readonly keyCache: Tensor;
  /** Values of all positions so far, persistent, (P, KV·D). */
  readonly valueCache: Tensor;
  /** Rows in the caches before this call, u32 (1). */
  readonly position: Tensor;
}

/** Heads of a {@linkcode cachedAttention}. */
export interface CachedAttentionOptions {
  /** Query heads, H. */
  readonly heads: number;
  /** Key and value heads, a divisor of H. */
  readonly kvHeads: number;
  /** Elements of a head, D. */
  readonly headDim: number;
  /**
   * Keys that a query sees, itself included.
   *
   * @default {Infinity}
   */
  readonly window?: number;
}

/**
 * Causal attention of the next rows of one sequence over all rows before them:
 * the new keys and values go into the caches at `position` and after, then row
 * r attends to the cache rows 0 … position + r. Rows that the caches have no
 * room for are not kept, and their results mean nothing.
 *
 * @param graph Graph to append to.
 * @param operands New rows and caches.
 * @param options Heads and window.
 * @returns Weighted values, (R, H·D).
 * @throws {ShapeError} if the operands do not fit together.
 */
export function cachedAttention(
  graph: GraphBuilder,
  operands: CachedAttentionOperands,
  options: CachedAttentionOptions,
): Tensor {
  const { qkv, keyCache, valueCache, position } = operands;
  const { heads, kvHeads, headDim, window = Infinity } = options;
  const attributes = { heads, kvHeads, headDim, window };
  const { keys, values } = graph.emit(
    append,
    { qkv, keyCache, valueCache, position },
    attributes,
  );
  return graph.emit(attend, { qkv, keys, values, position }, attributes).out;
}

type Attributes = Required<CachedAttentionOptions>;

function check(
  qkv: TensorType,
  keys: TensorType,
  values: TensorType,
  { heads, kvHeads, headDim, window }: Attributes,
): void {
  const width = kvHeads * headDim;
  const fits = Number.isInteger(heads / kvHeads) && window >= 1 &&
    qkv.shape.length === 2 && qkv.shape[1] === heads * headDim + 2 * width &&
    keys.shape.length === 2 && keys.shape[1] === width &&
    values.shape.join() === keys.shape.join();
  if (fits) return;
  throw new ShapeError(
    `Cannot attend from [${qkv.shape}] over caches [${keys.shape}] and ` +
      `[${values.shape}] with ${heads} heads, ${kvHeads} key heads of ${headDim} ` +
      `and a window of ${window}`,
  );
}

const append: OpSpec<Attributes> = {
  name: "cache_append",
  infer({ qkv, keyCache, valueCache }, attributes) {
    check(qkv, keyCache, valueCache, attributes);
    return {
      keys: { ...keyCache, overwrites: "keyCache" },
      values: { ...valueCache, overwrites: "valueCache" },
    };
  },
  lower({ node, capabilities, dispatch }) {
    const { qkv, keyCache, valueCache, position } = node.inputs;
    const [capacity, width] = keyCache.shape;
    const [rows, packed] = qkv.shape;
    dispatch({
      kernel: appendKernel(rows, packed, width, capacity),
      bindings: [keyCache, valueCache, qkv, position]
        .map((tensor) => ({ tensor })),
      workgroups: linearWorkgroups(rows * width, capabilities),
    });
  },
  flops: () => 0,
};

function appendKernel(
  rows: number,
  packed: number,
  width: number,
  capacity: number,
): KernelSource {
  return {
    name: "cache_append",
    bindings: [
      { name: "keys", element: "f32", access: "write" },
      { name: "values", element: "f32", access: "write" },
      { name: "qkv", element: "f32", access: "read" },
      { name: "position", element: "u32", access: "read" },
    ],
    body: linearMain(
      rows * width,
      `
  let row = index / ${width}u;
  let column = index % ${width}u;
  let place = position[0] + row;
  if (place >= ${capacity}u) { return; }
  let source = row * ${packed}u + ${packed - 2 * width}u + column;
  keys[place * ${width}u + column] = qkv[source];
  values[place * ${width}u + column] = qkv[source + ${width}u];`,
    ),
  };
}

const attend: OpSpec<Attributes> = {
  name: "cached_attention",
  infer({ qkv, keys, values }, attributes) {
    check(qkv, keys, values, attributes);
    const { heads, headDim } = attributes;
    return { out: { shape: [qkv.shape[0], heads * headDim], dtype: "f32" } };
  },
  lower({ node, capabilities, dispatch }) {
    const { qkv, keys, values, position } = node.inputs;
    const { attributes } = node;
    const rows = qkv.shape[0];
    dispatch({
      kernel: cachedAttentionKernel({
        ...attributes,
        rows,
        capacity: keys.shape[0],
      }),
      bindings: [node.outputs.out, qkv, keys, values, position]
        .map((tensor) => ({ tensor })),
      workgroups: foldWorkgroups(rows * attributes.heads, capabilities),
    });
  },
  flops({ inputs, attributes: { heads, headDim, window } }) {
    // Counted for full caches: how full they are is known only when it runs.
    const [capacity] = inputs.keys.shape;
    return 4 * inputs.qkv.shape[0] * heads * headDim *
      Math.min(capacity, window);
  },
};
