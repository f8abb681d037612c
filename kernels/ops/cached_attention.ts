import { packedWidth } from "./attention_layout.ts";
import {
  type CacheLayout,
  combineKernel,
  scoresKernel,
  valuesKernel,
  writeCacheKernel,
} from "./cached_attention_kernels.ts";
import { linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, LowerContext, Node, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import type { Tensor, TensorType } from "./tensor.ts";

/** Operands of an attention over keys and values of earlier positions. */
export interface CachedAttentionInputs {
  /** New rows of query heads, key heads, value heads, `(R, (H+2·KV)·D)`. */
  readonly qkv: Tensor;
  /** Keys by position, `(P, KV·D)`, updated. */
  readonly keyCache: Tensor;
  /** Values by position, `(P, KV·D)`, updated. */
  readonly valueCache: Tensor;
  /** Positions that the caches hold already, u32 `(1)`. */
  readonly position: Tensor;
}

/** Heads of an attention over cached positions. */
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
 * Causal attention of new positions over all positions so far: stores the keys
 * and values of the new rows in the caches, then attends. Rows that the caches
 * have no room for are not stored.
 *
 * @param graph Graph to append to.
 * @param inputs New rows, caches, and how much the caches hold.
 * @param options Heads and window.
 * @returns Weighted values of the new rows, `(R, H·D)`.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   cachedAttention,
 *   Executable,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const qkv = graph.input("qkv", [1, 3]);
 * const position = graph.input("position", [1], "u32");
 * const keyCache = graph.variable("keys", [8, 1], "state");
 * const valueCache = graph.variable("values", [8, 1], "state");
 * const out = cachedAttention(
 *   graph,
 *   { qkv, keyCache, valueCache, position },
 *   { heads: 1, kvHeads: 1, headDim: 1 },
 * );
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["next", graph]]), gpu.capabilities, {
 *   keep: [out],
 * });
 * const program = await Executable.compile(gpu, plan);
 * // Queries of zero see all keys alike.
 * const rows = [[0, 5, 1], [0, 7, 3]];
 * const results = [];
 * for (let index = 0; index < rows.length; index++) {
 *   program.write(position, Uint32Array.of(index));
 *   program.write(qkv, Float32Array.from(rows[index]));
 *   program.submit(["next"]);
 *   results.push((await program.read(out))[0]);
 * }
 * assertEquals(results, [1, 2]);
 * gpu.close();
 * ```
 */
export function cachedAttention(
  graph: GraphBuilder,
  { qkv, keyCache, valueCache, position }: CachedAttentionInputs,
  { heads, kvHeads, headDim, window = Infinity }: CachedAttentionOptions,
): Tensor {
  const attributes = { heads, kvHeads, headDim, window };
  const { keys, values } = graph.emit(
    writeSpec,
    { qkv, keys: keyCache, values: valueCache, position },
    attributes,
  );
  return graph.emit(attendSpec, { qkv, keys, values, position }, attributes)
    .out;
}

type Attributes = Required<CachedAttentionOptions>;

const writeSpec: OpSpec<Attributes> = {
  name: "write_cache",
  infer(inputs, attributes) {
    checkShapes(inputs, attributes);
    const { keys, values } = inputs;
    return {
      keys: { ...keys, overwrites: "keys" },
      values: { ...values, overwrites: "values" },
    };
  },
  lower({ node, capabilities, dispatch }) {
    const layout = layoutOf(node);
    const { keys, values } = node.outputs;
    const { qkv, position } = node.inputs;
    const { kernel, items } = writeCacheKernel(layout);
    dispatch({
      kernel,
      bindings: [
        { tensor: keys },
        { tensor: values },
        { tensor: qkv },
        { tensor: position },
      ],
      workgroups: linearWorkgroups(items, capabilities),
    });
  },
  flops: () => 0,
};

const attendSpec: OpSpec<Attributes> = {
  name: "cached_attention",
  infer(inputs, attributes) {
    checkShapes(inputs, attributes);
    const [rows] = inputs.qkv.shape;
    const { heads, headDim } = attributes;
    return { out: { shape: [rows, heads * headDim], dtype: "f32" } };
  },
  lower: lowerAttend,
  // As if the caches were full: how full they are is known when it runs.
  flops({ inputs, attributes: { heads, headDim, window } }) {
    const [rows] = inputs.qkv.shape;
    const [positions] = inputs.keys.shape;
    return 4 * rows * heads * headDim * Math.min(positions, window);
  },
};

function lowerAttend(
  { node, capabilities, scratch, dispatch }: LowerContext<Attributes>,
): void {
  const layout = layoutOf(node);
  const { rows, heads, headDim, positions } = layout;
  const { qkv, keys, values, position } = node.inputs;
  // Few rows leave most of an adapter idle, so that runs of keys are taken by
  // different invocations and put together at the end.
  const splits = Math.max(
    1,
    Math.min(capabilities.software ? 4 : 32, Math.floor(positions / 32)),
  );
  const scores = scratch("scores", [rows, heads, positions]);
  const sums = scratch("sums", [rows, heads, splits, headDim]);
  const marks = scratch("marks", [rows, heads, splits, 2]);
  for (const block of rowBlocks(rows, [heads * positions], capabilities)) {
    const part = { ...layout, firstRow: block.start, rows: block.rows };
    const range = {
      offset: block.start * heads * positions,
      length: block.rows * heads * positions,
    };
    const score = scoresKernel(part);
    dispatch({
      kernel: score.kernel,
      bindings: [
        { tensor: scores, ...range },
        { tensor: qkv },
        { tensor: keys },
        { tensor: position },
      ],
      workgroups: linearWorkgroups(score.items, capabilities),
    });
    const sum = valuesKernel(part, splits);
    dispatch({
      kernel: sum.kernel,
      bindings: [
        { tensor: sums },
        { tensor: marks },
        { tensor: scores, ...range },
        { tensor: values },
        { tensor: position },
      ],
      workgroups: linearWorkgroups(sum.items, capabilities),
    });
  }
  const combine = combineKernel(layout, splits);
  dispatch({
    kernel: combine.kernel,
    bindings: [
      { tensor: node.outputs.out },
      { tensor: sums },
      { tensor: marks },
    ],
    workgroups: linearWorkgroups(combine.items, capabilities),
  });
}

function layoutOf({ inputs, attributes }: Node<Attributes>): CacheLayout {
  const [rows] = inputs.qkv.shape;
  const [positions] = inputs.keys.shape;
  const { heads, kvHeads, headDim, window } = attributes;
  return {
    firstRow: 0,
    rows,
    positions,
    heads,
    kvHeads,
    headDim,
    window: Math.min(window, positions),
  };
}

function checkShapes(
  { qkv, keys, values, position }: Readonly<Record<string, TensorType>>,
  { heads, kvHeads, headDim, window }: Attributes,
): void {
  for (const count of [heads, kvHeads, headDim, heads / kvHeads]) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new ShapeError(
        `Cannot attend with ${heads} heads and ${kvHeads} key heads of ${headDim}: these ` +
          `must be positive integers, and key heads divide heads`,
      );
    }
  }
  if (!(window >= 1)) {
    throw new ShapeError(
      `Cannot attend in a window of ${window} keys: it must hold at least one`,
    );
  }
  const width = packedWidth({ heads, kvHeads, headDim });
  if (qkv.shape.length !== 2 || qkv.shape[1] !== width) {
    throw new ShapeError(
      `Cannot attend over [${qkv.shape}]: it must hold rows of ${width}`,
    );
  }
  for (const cache of [keys, values]) {
    if (
      cache.shape.length !== 2 || cache.shape[1] !== kvHeads * headDim ||
      cache.shape[0] !== keys.shape[0]
    ) {
      throw new ShapeError(
        `Cannot attend over a cache of [${cache.shape}]: it must hold rows of ` +
          `${kvHeads * headDim}, as many keys as values`,
      );
    }
  }
  if (position.dtype !== "u32" || position.shape.join() !== "1") {
    throw new ShapeError(
      `Cannot attend from a position of ${position.dtype} [${position.shape}]: it must ` +
        `be u32 [1]`,
    );
  }
}
