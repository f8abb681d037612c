import type { ActivationKind } from "./activation_wgsl.ts";
import type { KernelSource } from "./kernel_source.ts";
import { foldWorkgroups, linearWorkgroups } from "./launch.ts";
import { bindRange, matmulBlocks } from "./matmul_blocks.ts";
import { splitSumKernel } from "./matmul_epilogue.ts";
import type { MatmulLayout, MatmulProblem } from "./matmul_problem.ts";
import { bufferOperands, texelOperands } from "./matmul_operands.ts";
import { registerKernel } from "./matmul_register_kernel.ts";
import { operandTexels, packKernel } from "./matmul_texels.ts";
import { thinKernel } from "./matmul_thin_kernel.ts";
import { tileCount, tileTraffic } from "./matmul_tile.ts";
import { type MatmulVariant, matmulVariants } from "./matmul_variants.ts";
import { workgroupKernel } from "./matmul_workgroup_kernel.ts";
import type {
  Binding,
  LowerContext,
  OpSpec,
  PoseProblem,
  TensorBinding,
} from "./op_spec.ts";
import { type OperandPrecision, operandRounding } from "./operand_precision.ts";
import type { Tensor } from "./tensor.ts";

/** What {@linkcode lowerMatmul} needs of a lowering context. */
export type MatmulContext = Pick<
  LowerContext<unknown>,
  | "capabilities"
  | "operands"
  | "scratch"
  | "texels"
  | "copyToTexels"
  | "dispatch"
  | "choose"
>;

/** A packed row-major matrix, or one that starts inside a tensor. */
export interface MatrixOperand {
  /** The tensor it lies in. */
  readonly tensor: Tensor;
  /** Element of the tensor where it starts. @default 0 */
  readonly offset?: number;
}

/** A matmul to append: c = activation(a·b + bias) + addend. */
export interface MatmulOperation {
  /** How a and b are stored. */
  readonly layout: MatmulLayout;
  /** Rows of c. */
  readonly rows: number;
  /** Columns of c. */
  readonly columns: number;
  /** Products per element of c. */
  readonly depth: number;
  /** Left operand. */
  readonly a: MatrixOperand;
  /** Right operand. */
  readonly b: MatrixOperand;
  /** Result. */
  readonly c: MatrixOperand;
  /** Added to each row before the activation, `(columns)`. */
  readonly bias?: Tensor;
  /** Non-linearity, and where its argument is kept. */
  readonly activation?: {
    readonly kind: ActivationKind;
    readonly pre: MatrixOperand;
  };
  /** Added last: a matrix, or what c holds already. */
  readonly addend?: MatrixOperand | "inPlace";
}

/**
 * Appends the launches of a matmul of any size: split into blocks where an
 * operand exceeds the binding limit, each with the kernel variant chosen for
 * its sizes.
 */
export function lowerMatmul(
  context: MatmulContext,
  operation: MatmulOperation,
): void {
  const { layout, rows, columns, depth, activation } = operation;
  const blocks = matmulBlocks(
    layout,
    { rows, columns, depth },
    context.capabilities,
  );
  for (const row of blocks.rows) {
    for (const column of blocks.columns) {
      for (const [index, part] of blocks.depth.entries()) {
        const first = index === 0;
        const last = index === blocks.depth.length - 1;
        // The running sum lies where the next block of depths can go on from:
        // in c, or before an activation in `pre`.
        const step: MatmulOperation = activation
          ? last ? operation : {
            ...withoutEpilogue(operation),
            c: activation.pre,
            ...(first ? {} : { addend: "inPlace" }),
          }
          : first
          ? operation
          : { ...withoutEpilogue(operation), addend: "inPlace" };
        lowerBlock(context, step, {
          row: row.start,
          column: column.start,
          depth: part.start,
          rows: row.rows,
          columns: column.rows,
          depths: part.rows,
          continuesPre: activation !== undefined && last && !first,
        });
      }
    }
  }
}

function withoutEpilogue(
  { layout, rows, columns, depth, a, b, c }: MatmulOperation,
): MatmulOperation {
  return { layout, rows, columns, depth, a, b, c };
}

interface Block {
  readonly row: number;
  readonly column: number;
  readonly depth: number;
  readonly rows: number;
  readonly columns: number;
  readonly depths: number;
  readonly continuesPre: boolean;
}

function lowerBlock(
  context: MatmulContext,
  operation: MatmulOperation,
  block: Block,
): void {
  const { capabilities } = context;
  const { layout, activation, addend, bias } = operation;
  const part = (
    { tensor, offset = 0 }: MatrixOperand,
    width: number,
    top: { readonly at: number; readonly count: number },
    left: { readonly at: number; readonly count: number },
  ) => {
    const start = offset + top.at * width + left.at;
    const end = start + (top.count - 1) * width + left.count;
    return { ...bindRange(tensor, start, end, capabilities), stride: width };
  };
  const row = { at: block.row, count: block.rows };
  const column = { at: block.column, count: block.columns };
  const depth = { at: block.depth, count: block.depths };
  const a = layout === "tn"
    ? part(operation.a, operation.rows, depth, row)
    : part(operation.a, operation.depth, row, depth);
  const b = layout === "nt"
    ? part(operation.b, operation.depth, column, depth)
    : part(operation.b, operation.columns, depth, column);
  const result = (operand: MatrixOperand) =>
    part(operand, operation.columns, row, column);
  const c = result(operation.c);
  const problem: MatmulProblem = {
    layout,
    rows: block.rows,
    columns: block.columns,
    depth: block.depths,
    a,
    b,
    c,
    epilogue: {
      ...(bias ? { biasBase: block.column } : {}),
      ...(activation ? { activation: activation.kind } : {}),
      continuesPre: block.continuesPre,
      addend: addend === undefined
        ? "none"
        : addend === "inPlace"
        ? "inPlace"
        : "bound",
    },
  };
  const epilogue: Binding[] = [];
  if (bias) epilogue.push({ tensor: bias });
  for (
    const matrix of [
      addend === "inPlace" ? undefined : addend,
      activation?.pre,
    ]
  ) {
    if (!matrix) continue;
    const bound = result(matrix);
    if (bound.base !== c.base) {
      throw new RangeError(
        `Cannot lower a matmul into "${operation.c.tensor.name}": ` +
          `"${matrix.tensor.name}" starts at another alignment`,
      );
    }
    epilogue.push(bound.binding);
  }
  launch(context, problem, [a.binding, b.binding], [c.binding], epilogue);
}

function launch(
  context: MatmulContext,
  problem: MatmulProblem,
  operands: readonly TensorBinding[],
  result: readonly Binding[],
  epilogue: readonly Binding[],
): void {
  const { capabilities, operands: precision } = context;
  const { layout, rows, columns, depth } = problem;
  const variant = context.choose(
    `matmul ${layout} ${rows} ${columns} ${depth}` +
      (precision === "f32" ? "" : ` ${precision}`),
    matmulVariants(problem, capabilities, precision),
    posing({ layout, rows, columns, depth, precision }),
  );
  const { splits } = variant.tile;
  const { down, across } = tileCount(problem, variant.tile);
  const [x, y] = foldWorkgroups(down * across, capabilities);
  const sources = variant.kind === "texel"
    ? copyToTexels(context, problem, operands)
    : operands;
  if (splits === 1) {
    context.dispatch({
      kernel: kernelOf(problem, variant),
      bindings: [...result, ...sources, ...epilogue],
      workgroups: [x, y, 1],
    });
    return;
  }
  const partial = {
    tensor: context.scratch("partial", [splits, rows, columns]),
  };
  context.dispatch({
    kernel: kernelOf(problem, variant),
    bindings: [partial, ...sources],
    workgroups: [x, y, splits],
  });
  context.dispatch({
    kernel: splitSumKernel(problem, splits),
    bindings: [...result, partial, ...epilogue],
    workgroups: linearWorkgroups(
      rows * Math.ceil(columns / 4),
      capabilities,
    ),
  });
}

interface Sizes
  extends Pick<MatmulOperation, "layout" | "rows" | "columns" | "depth"> {
  readonly precision: OperandPrecision;
}

/** A plain product as an op of its own. */
const productSpec: OpSpec<Sizes> = {
  name: "product",
  infer: (_inputs, { rows, columns }) => ({
    c: { shape: [rows, columns], dtype: "f32" },
  }),
  lower(context) {
    const { inputs: { a, b }, outputs: { c }, attributes } = context.node;
    lowerMatmul({ ...context, operands: attributes.precision }, {
      ...attributes,
      a: { tensor: a },
      b: { tensor: b },
      c: { tensor: c },
    });
  },
  flops: ({ attributes: { rows, columns, depth } }) =>
    2 * rows * columns * depth,
};

/** Products of a posed problem that are checked. */
const SAMPLES = 64;

/** Poses a product without epilogue, and checks samples of it in f64. */
function posing(sizes: Sizes): PoseProblem {
  const { layout, rows, columns, depth } = sizes;
  const { relative, absolute } = operandRounding(sizes.precision);
  const [across, down] = [layout === "tn", layout === "nt"];
  return (graph) => {
    const a = graph.input("a", across ? [depth, rows] : [rows, depth]);
    const b = graph.input("b", down ? [columns, depth] : [depth, columns]);
    const { c } = graph.emit(productSpec, { a, b }, sizes);
    return function* (valuesOf) {
      const [left, right] = [valuesOf(a), valuesOf(b)];
      const total = rows * columns;
      for (let sample = 0; sample < SAMPLES; sample++) {
        // From the first element to the last one.
        const index = Math.round(sample / (SAMPLES - 1) * (total - 1));
        const row = Math.floor(index / columns);
        const column = index % columns;
        let value = 0;
        let magnitude = 0;
        let rounding = 0;
        for (let k = 0; k < depth; k++) {
          const x = left[across ? k * rows + row : row * depth + k];
          const y = right[down ? column * depth + k : k * columns + column];
          const [dx, dy] = [x, y].map((operand) =>
            relative * Math.abs(operand) + absolute
          );
          value += x * y;
          magnitude += Math.abs(x * y);
          rounding += Math.abs(x) * dy + Math.abs(y) * dx + dx * dy;
        }
        // Each of `depth` multiplications and additions rounds once.
        const tolerance = rounding +
          2 * depth * 2 ** -24 * (magnitude + rounding);
        yield { tensor: c, index, value, tolerance };
      }
    };
  };
}

/** Appends the copies of both operands, which then are a single binding. */
function copyToTexels(
  context: MatmulContext,
  problem: MatmulProblem,
  operands: readonly TensorBinding[],
): readonly Binding[] {
  const { a, b } = operandTexels(problem);
  const texels = context.texels(b.first + b.count);
  for (const [index, operand] of [a, b].entries()) {
    const { first, count, plain, source } = operand;
    const binding = operands[index];
    if (plain) {
      context.copyToTexels({ binding, source: source.base / 4, first, count });
      continue;
    }
    const { kernel, items } = packKernel(operand);
    context.dispatch({
      kernel,
      bindings: [texels, binding],
      workgroups: linearWorkgroups(items, context.capabilities),
    });
  }
  return [texels];
}

function kernelOf(
  problem: MatmulProblem,
  variant: MatmulVariant,
): KernelSource {
  return {
    ...kernelText(problem, variant),
    traffic: tileTraffic(problem, variant.tile),
  };
}

function kernelText(
  problem: MatmulProblem,
  variant: MatmulVariant,
): KernelSource {
  switch (variant.kind) {
    case "register":
      return registerKernel(problem, variant.tile, bufferOperands(problem));
    case "texel":
      return registerKernel(
        problem,
        variant.tile,
        texelOperands(problem),
      );
    case "workgroup":
      return workgroupKernel(problem, variant.tile);
    case "thin":
      return thinKernel(problem, variant.tile);
  }
}
