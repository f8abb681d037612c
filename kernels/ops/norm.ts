import { columnSum } from "./column_sum.ts";
import { foldWorkgroups, linearWorkgroups, rowBlocks } from "./launch.ts";
import {
  normGradientKernel,
  normKernel,
  type NormKind,
  normPartialsKernel,
} from "./norm_kernels.ts";
import type {
  GradientContext,
  GraphBuilder,
  LowerContext,
  OpSpec,
} from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { rowsPerChunk } from "./rows_per_chunk.ts";
import { rowVariants } from "./row_variants.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorWidth } from "./vector_width.ts";

/** Operands of a norm. */
export interface NormInputs {
  /** Rows to normalise `(N, C)`. */
  readonly x: Tensor;
  /** Factor of each column `(C)`. */
  readonly weight: Tensor;
  /** Summand of each column `(C)`. */
  readonly bias?: Tensor;
}

/** Constants of a norm. */
export interface NormOptions {
  /** Added to the variance or mean square before the root. */
  readonly epsilon: number;
}

/**
 * Appends a norm of either kind; the public ops wrap it.
 *
 * @param graph Graph to append to.
 * @param kind Which norm.
 * @param inputs Rows, weight and bias.
 * @param options The epsilon.
 * @returns The normalised rows, `(N, C)`.
 * @throws {ShapeError} if the operands do not fit together.
 */
export function norm(
  graph: GraphBuilder,
  kind: NormKind,
  { x, weight, bias }: NormInputs,
  { epsilon }: NormOptions,
): Tensor {
  const spec = kind === "layer" ? layerSpec : rmsSpec;
  return graph.emit(spec, { x, weight, bias }, { kind, epsilon }).y;
}

interface Attributes extends NormOptions {
  readonly kind: NormKind;
}

const forward: Omit<OpSpec<Attributes>, "name"> = {
  cheap: true,
  infer({ x, weight, bias }, { kind, epsilon }) {
    if (x.shape.length !== 2) {
      throw new ShapeError(
        `Cannot normalise [${x.shape}]: it must be a matrix`,
      );
    }
    const [rows, columns] = x.shape;
    for (const vector of [weight, bias]) {
      if (vector && vector.shape.join() !== `${columns}`) {
        throw new ShapeError(
          `Cannot normalise [${x.shape}] with weight or bias [${vector.shape}]: ` +
            `it must have shape [${columns}]`,
        );
      }
    }
    if (!(epsilon >= 0 && epsilon < Infinity)) {
      throw new ShapeError(
        `Cannot normalise with epsilon ${epsilon}: it must be zero or more`,
      );
    }
    return {
      y: { shape: x.shape, dtype: "f32" },
      statistics: {
        shape: kind === "layer" ? [rows, 2] : [rows],
        dtype: "f32",
      },
    };
  },
  gradient: emitGradients,
  lower: lowerForward,
  flops: (node) => 8 * elementCount(node.inputs.x.shape),
};

const layerSpec: OpSpec<Attributes> = { name: "layer_norm", ...forward };
const rmsSpec: OpSpec<Attributes> = { name: "rms_norm", ...forward };

function emitGradients(
  { node, graph, gradientOf, wants, contribute }: GradientContext<Attributes>,
): void {
  const upstream = gradientOf(node.outputs.y);
  if (!upstream) return;
  const { x, weight, bias } = node.inputs;
  const { statistics } = node.outputs;
  const { kind } = node.attributes;
  if (wants(weight)) {
    const partials = graph.emit(
      partialsSpec,
      { upstream, x, statistics },
      { kind, bias: wants(bias) },
    );
    contribute(weight, (into) => columnSum(graph, partials.weight, into));
    contribute(bias, (into) => columnSum(graph, partials.bias, into));
  } else {
    contribute(bias, (into) => columnSum(graph, upstream, into));
  }
  contribute(x, (into) =>
    graph.emit(
      gradientSpec,
      { upstream, x, weight, statistics, into },
      { kind },
    ).sum);
}

const gradientSpec: OpSpec<{ readonly kind: NormKind }> = {
  name: "norm_gradient",
  reuses: { result: "sum", operand: "into", optional: true },
  infer: ({ x }) => ({ sum: { shape: x.shape, dtype: "f32" } }),
  lower: lowerGradient,
  flops: (node) => 12 * elementCount(node.inputs.x.shape),
};

interface PartialsAttributes {
  readonly kind: NormKind;
  readonly bias: boolean;
}

/** Sums over chunks of rows, a row a chunk, that `columnSum` finishes. */
const partialsSpec: OpSpec<PartialsAttributes> = {
  name: "norm_gradient_partials",
  infer({ x }, { bias }) {
    const [rows, columns] = x.shape;
    const chunkRows = rowsPerChunk(rows, columns / vectorWidth(columns));
    const type = {
      shape: [Math.ceil(rows / chunkRows), columns],
      dtype: "f32",
    } as const;
    return { weight: type, ...(bias ? { bias: type } : {}) };
  },
  lower: lowerPartials,
  flops: (node) => 4 * elementCount(node.inputs.x.shape),
};

function lowerForward(
  { node, capabilities, choose, dispatch }: LowerContext<Attributes>,
): void {
  const { x, weight, bias } = node.inputs;
  const { y, statistics } = node.outputs;
  const { kind, epsilon } = node.attributes;
  const [rows, columns] = x.shape;
  const width = vectorWidth(columns);
  const items = columns / width;
  const variant = choose(
    `${kind}_norm ${rows} ${columns}`,
    rowVariants(items, capabilities),
  );
  for (const block of rowBlocks(rows, [columns], capabilities)) {
    const range = {
      offset: block.start * columns,
      length: block.rows * columns,
    };
    dispatch({
      kernel: normKernel({
        kind,
        row: block.start,
        rows: block.rows,
        items,
        width,
        epsilon,
        bias: bias !== undefined,
      }, variant),
      bindings: [
        { tensor: y, ...range },
        { tensor: statistics },
        { tensor: x, ...range },
        { tensor: weight },
        ...(bias ? [{ tensor: bias }] : []),
      ],
      workgroups: variant.threads === 1
        ? linearWorkgroups(block.rows, capabilities)
        : foldWorkgroups(block.rows, capabilities),
    });
  }
}

function lowerGradient(
  { node, capabilities, inPlace, choose, dispatch }: LowerContext<
    { readonly kind: NormKind }
  >,
): void {
  const { upstream, x, weight, statistics, into } = node.inputs;
  const { kind } = node.attributes;
  const [rows, columns] = x.shape;
  const width = vectorWidth(columns);
  const items = columns / width;
  const variant = choose(
    `${kind}_norm_gradient ${rows} ${columns}`,
    rowVariants(items, capabilities),
  );
  const start = inPlace ? "sum" : into ? "into" : "zero";
  for (const block of rowBlocks(rows, [columns], capabilities)) {
    const range = {
      offset: block.start * columns,
      length: block.rows * columns,
    };
    dispatch({
      kernel: normGradientKernel({
        kind,
        row: block.start,
        rows: block.rows,
        items,
        width,
        start,
      }, variant),
      bindings: [
        { tensor: upstream, ...range },
        { tensor: x, ...range },
        { tensor: weight },
        { tensor: statistics },
        { tensor: node.outputs.sum, ...range },
        ...(start === "into" && into ? [{ tensor: into, ...range }] : []),
      ],
      workgroups: variant.threads === 1
        ? linearWorkgroups(block.rows, capabilities)
        : foldWorkgroups(block.rows, capabilities),
    });
  }
}

function lowerPartials(
  { node, capabilities, dispatch }: LowerContext<PartialsAttributes>,
): void {
  const { upstream, x, statistics } = node.inputs;
  const { weight, bias } = node.outputs;
  const [rows, columns] = x.shape;
  const width = vectorWidth(columns);
  const items = columns / width;
  const chunkRows = rowsPerChunk(rows, items);
  // Blocks are whole chunks, because the shape of the partial sums is fixed
  // before the adapter's limits are known.
  const blocks = rowBlocks(
    Math.ceil(rows / chunkRows),
    [chunkRows * columns],
    capabilities,
  );
  for (const block of blocks) {
    const row = block.start * chunkRows;
    const count = Math.min(block.rows * chunkRows, rows - row);
    const range = { offset: row * columns, length: count * columns };
    dispatch({
      kernel: normPartialsKernel({
        kind: node.attributes.kind,
        row,
        rows: count,
        items,
        width,
        chunkRows,
        bias: bias !== undefined,
      }),
      bindings: [
        { tensor: weight },
        { tensor: upstream, ...range },
        { tensor: x, ...range },
        { tensor: statistics },
        ...(bias ? [{ tensor: bias }] : []),
      ],
      workgroups: linearWorkgroups(block.rows * items, capabilities),
    });
  }
}
