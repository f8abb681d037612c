import { add } from "./add.ts";
import { columnSum } from "./column_sum.ts";
import {
  headNormGradientKernel,
  headNormKernel,
  headNormPartialsKernel,
} from "./head_norm_kernels.ts";
import { linearWorkgroups, rowBlocks } from "./launch.ts";
import type {
  GradientContext,
  GraphBuilder,
  LowerContext,
  OpSpec,
} from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { rowsPerChunk } from "./rows_per_chunk.ts";
import { startKernel } from "./start_kernel.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorWidth } from "./vector_width.ts";

/** Operands of {@linkcode headNorm}. */
export interface HeadNormInputs {
  /** Rows of query heads, key heads and whatever else `(N, W)`; overwritten. */
  readonly x: Tensor;
  /** Factor of each element of a query head `(D)`. */
  readonly queryWeight: Tensor;
  /** Factor of each element of a key head `(D)`. */
  readonly keyWeight: Tensor;
}

/** Layout of the heads in {@linkcode headNorm}. */
export interface HeadNormOptions {
  /** Query heads, at the start of each row. */
  readonly heads: number;
  /** Key heads, after them. */
  readonly kvHeads: number;
  /** Elements of a head, D. */
  readonly headDim: number;
  /** Added to the mean square before the root. */
  readonly epsilon: number;
}

/**
 * RMS norm of every query and key head, in place: what attention compares has
 * a bounded size then (Henry et al. 2020, arXiv 2010.04245; Dehghani et al.
 * 2023, arXiv 2302.05442). Comes before the rotary embedding, as in Qwen3.
 *
 * @param graph Graph to append to.
 * @param inputs Packed rows and the two weights.
 * @param options Layout of the heads, and the epsilon.
 * @returns The rows with normalised heads, in the storage of `x`.
 * @throws {ShapeError} if the operands do not fit together.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   headNorm,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * // A query, a key and a value of two elements.
 * const x = graph.input("x", [1, 6]);
 * const queryWeight = graph.constant("q", [2], Float32Array.of(1, 2));
 * const keyWeight = graph.constant("k", [2], Float32Array.of(10, 10));
 * const rows = headNorm(graph, { x, queryWeight, keyWeight }, {
 *   heads: 1,
 *   kvHeads: 1,
 *   headDim: 2,
 *   epsilon: 1e-6,
 * });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [rows],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.write(x, Float32Array.of(3, -3, 7, 7, 5, 6));
 * program.submit(["run"]);
 * const values = await program.read(rows);
 * assertEquals([...values].map(Math.round), [1, -2, 10, 10, 5, 6]);
 * gpu.close();
 * ```
 */
export function headNorm(
  graph: GraphBuilder,
  { x, queryWeight, keyWeight }: HeadNormInputs,
  { heads, kvHeads, headDim, epsilon }: HeadNormOptions,
): Tensor {
  return graph.emit(
    forwardSpec,
    { x, queryWeight, keyWeight },
    { heads, kvHeads, headDim, epsilon },
  ).normalised;
}

const forwardSpec: OpSpec<HeadNormOptions> = {
  name: "head_norm",
  cheap: true,
  infer({ x, queryWeight, keyWeight }, options) {
    const { heads, kvHeads, headDim, epsilon } = options;
    if (x.shape.length !== 2 || (heads + kvHeads) * headDim > x.shape[1]) {
      throw new ShapeError(
        `Cannot normalise ${heads} query and ${kvHeads} key heads of ` +
          `${headDim} in [${x.shape}]: rows must hold that many elements`,
      );
    }
    for (const { shape } of [queryWeight, keyWeight]) {
      if (shape.join() !== `${headDim}`) {
        throw new ShapeError(
          `Cannot normalise heads of ${headDim} with a weight [${shape}]: ` +
            `it must have shape [${headDim}]`,
        );
      }
    }
    if (!(epsilon >= 0 && epsilon < Infinity)) {
      throw new ShapeError(
        `Cannot normalise with epsilon ${epsilon}: it must be zero or more`,
      );
    }
    const [rows] = x.shape;
    const normed = heads + kvHeads;
    return {
      normalised: { shape: x.shape, dtype: "f32", overwrites: "x" },
      unit: { shape: [rows, normed * headDim], dtype: "f32" },
      rstd: { shape: [rows, normed], dtype: "f32" },
    };
  },
  gradient: emitGradients,
  lower(context) {
    const { queryWeight, keyWeight } = context.node.inputs;
    const { normalised, unit, rstd } = context.node.outputs;
    const { epsilon } = context.node.attributes;
    for (const part of parts(context, normalised)) {
      context.dispatch({
        kernel: headNormKernel({ ...part, epsilon }),
        bindings: [
          part.bind(normalised),
          part.bind(unit),
          { tensor: rstd },
          { tensor: queryWeight },
          { tensor: keyWeight },
        ],
        workgroups: part.workgroups,
      });
    }
  },
  flops: (node) => 5 * elementCount(node.outputs.unit.shape),
};

function emitGradients(
  { node, graph, gradientOf, wants, contribute }: GradientContext<
    HeadNormOptions
  >,
): void {
  const upstream = gradientOf(node.outputs.normalised);
  if (!upstream) return;
  const { x, queryWeight, keyWeight } = node.inputs;
  const { unit, rstd } = node.outputs;
  const { heads, kvHeads } = node.attributes;
  // Before the gradient by x, which may take the storage of `upstream`.
  const weight = (operand: Tensor, firstHead: number, sharing: number) => {
    if (!wants(operand)) return;
    const { partial } = graph.emit(
      partialsSpec,
      { upstream, unit },
      { ...node.attributes, firstHead, sharing },
    );
    contribute(operand, (into) => columnSum(graph, partial, into));
  };
  weight(queryWeight, 0, heads);
  weight(keyWeight, heads, kvHeads);
  contribute(x, (sum) => {
    const { gradient } = graph.emit(
      gradientSpec,
      { upstream, unit, rstd, queryWeight, keyWeight },
      node.attributes,
    );
    return sum ? add(graph, sum, gradient) : gradient;
  });
}

const gradientSpec: OpSpec<HeadNormOptions> = {
  name: "head_norm_gradient",
  reuses: { result: "gradient", operand: "upstream" },
  infer: ({ upstream }) => ({
    gradient: { shape: upstream.shape, dtype: "f32" },
  }),
  lower(context) {
    const { capabilities, inPlace, dispatch } = context;
    const { upstream, unit, rstd, queryWeight, keyWeight } =
      context.node.inputs;
    const { gradient } = context.node.outputs;
    for (const part of parts(context, gradient)) {
      if (!inPlace) {
        const items = part.rows * part.columns / part.width;
        dispatch({
          kernel: startKernel(items, part.width, true),
          bindings: [part.bind(gradient), part.bind(upstream)],
          workgroups: linearWorkgroups(items, capabilities),
        });
      }
      dispatch({
        kernel: headNormGradientKernel(part),
        bindings: [
          part.bind(gradient),
          part.bind(unit),
          { tensor: rstd },
          { tensor: queryWeight },
          { tensor: keyWeight },
        ],
        workgroups: part.workgroups,
      });
    }
  },
  flops: (node) => 7 * elementCount(node.inputs.unit.shape),
};

interface PartialsAttributes extends HeadNormOptions {
  readonly firstHead: number;
  readonly sharing: number;
}

/** Sums over chunks of rows, a row a chunk, that `columnSum` finishes. */
const partialsSpec: OpSpec<PartialsAttributes> = {
  name: "head_norm_gradient_partials",
  infer({ unit }, attributes) {
    const [rows] = unit.shape;
    const chunks = Math.ceil(rows / chunkRowsOf(rows, attributes));
    return {
      partial: { shape: [chunks, attributes.headDim], dtype: "f32" },
    };
  },
  lower(context) {
    const { capabilities, dispatch } = context;
    const { upstream, unit } = context.node.inputs;
    const { partial } = context.node.outputs;
    const { attributes } = context.node;
    const chunkRows = chunkRowsOf(unit.shape[0], attributes);
    for (const part of parts(context, upstream, chunkRows)) {
      const { firstHead, sharing } = attributes;
      const items = attributes.headDim / part.width;
      dispatch({
        kernel: headNormPartialsKernel({
          ...part,
          firstHead,
          sharing,
          chunkRows,
        }),
        bindings: [
          { tensor: partial },
          part.bind(upstream),
          part.bind(unit),
        ],
        workgroups: linearWorkgroups(
          Math.ceil(part.rows / chunkRows) * items,
          capabilities,
        ),
      });
    }
  },
  flops: ({ inputs, attributes }) =>
    2 * inputs.unit.shape[0] * attributes.sharing * attributes.headDim,
};

/**
 * Rows of a chunk, of which all sharing heads are summed together: a power of
 * two, so that chunks and aligned blocks of rows meet early.
 */
function chunkRowsOf(
  rows: number,
  { sharing, headDim }: PartialsAttributes,
): number {
  const columns = headDim / vectorWidth(headDim);
  const most = rowsPerChunk(rows * sharing, columns) / sharing;
  return 2 ** Math.ceil(Math.log2(Math.max(1, most)));
}

/** Runs of whole chunks of rows of which every tensor's part can be bound. */
function parts(
  { node, capabilities }: LowerContext<HeadNormOptions>,
  packed: Tensor,
  chunkRows = 1,
) {
  const { heads, kvHeads, headDim } = node.attributes;
  const [rows, columns] = packed.shape;
  const normed = (heads + kvHeads) * headDim;
  const width = vectorWidth(columns, headDim);
  const blocks = rowBlocks(Math.ceil(rows / chunkRows), [
    columns * chunkRows,
    normed * chunkRows,
  ], capabilities);
  return blocks.map((block) => {
    const row = block.start * chunkRows;
    const count = Math.min(block.rows * chunkRows, rows - row);
    return {
      heads,
      kvHeads,
      headDim,
      row,
      rows: count,
      columns,
      width,
      workgroups: linearWorkgroups(count * (heads + kvHeads), capabilities),
      bind: (tensor: Tensor) => ({
        tensor,
        offset: row * tensor.shape[1],
        length: count * tensor.shape[1],
      }),
    };
  });
}
