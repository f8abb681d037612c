import type { Capabilities } from "../runtime/capabilities.ts";
import { bindableBytes } from "./bindable_bytes.ts";
import { foldWorkgroups, linearWorkgroups } from "./launch.ts";
import { bindRange, matmulBlocks } from "./matmul_blocks.ts";
import { splitSumKernel } from "./matmul_epilogue.ts";
import { matmulKernel } from "./matmul_kernel.ts";
import type { MatmulOperation, MatrixOperand } from "./matmul_operation.ts";
import type { MatmulProblem } from "./matmul_problem.ts";
import { operandTexels, packKernel } from "./matmul_texels.ts";
import { tileCount } from "./matmul_tile.ts";
import { matmulVariants, readsTexels } from "./matmul_variants.ts";
import type {
  Binding,
  LowerContext,
  OpSpec,
  PoseProblem,
  TensorBinding,
} from "./op_spec.ts";
import { type OperandPrecision, operandRounding } from "./operand_precision.ts";
import { BYTES_PER_ELEMENT } from "./tensor.ts";

/** What {@linkcode lowerMatmul} needs of a lowering context. */
export type MatmulContext = Pick<
  LowerContext<unknown>,
  | "capabilities"
  | "operands"
  | "once"
  | "scratch"
  | "texels"
  | "copyToTexels"
  | "dispatch"
  | "choose"
>;

/**
 * Appends the launches of a matmul of any size: split into blocks where an
 * operand exceeds the binding limit, each with the kernel variant chosen for
 * its sizes. Of a stack, as many products as can be bound are one launch.
 */
export function lowerMatmul(
  context: MatmulContext,
  operation: MatmulOperation,
): void {
  const { matrices = 1, rows, columns, depth, addend, activation } = operation;
  const sizes = { a: rows * depth, b: depth * columns, c: rows * columns };
  const most = Math.max(
    1,
    matricesBound(Math.max(...Object.values(sizes)), context.capabilities),
  );
  for (let first = 0; first < matrices; first += most) {
    const from = (operand: MatrixOperand, size: number) => ({
      tensor: operand.tensor,
      offset: (operand.offset ?? 0) + first * size,
    });
    lowerStack(context, {
      ...operation,
      matrices: Math.min(most, matrices - first),
      a: from(operation.a, sizes.a),
      b: from(operation.b, sizes.b),
      c: from(operation.c, sizes.c),
      ...(activation
        ? {
          activation: { ...activation, pre: from(activation.pre, sizes.c) },
        }
        : {}),
      ...(addend && addend !== "inPlace"
        ? { addend: from(addend, sizes.c) }
        : {}),
    });
  }
}

/** Matrices of a size that can be bound at once, wherever the first starts. */
function matricesBound(elements: number, capabilities: Capabilities): number {
  return Math.floor(bindableBytes(capabilities) / BYTES_PER_ELEMENT / elements);
}

/** A stack that can be bound at once, or one matrix of any size. */
function lowerStack(context: MatmulContext, operation: MatmulOperation): void {
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
  { layout, matrices, rows, columns, depth, a, b, c, shared }: MatmulOperation,
): MatmulOperation {
  return {
    layout,
    ...(shared ? { shared } : {}),
    ...(matrices ? { matrices } : {}),
    rows,
    columns,
    depth,
    a,
    b,
    c,
  };
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
  const { layout, matrices = 1, activation, addend, bias } = operation;
  const part = (
    { tensor, offset = 0 }: MatrixOperand,
    width: number,
    top: { readonly at: number; readonly count: number },
    left: { readonly at: number; readonly count: number },
  ) => {
    const start = offset + top.at * width + left.at;
    // The matrices of a stack are whole.
    const apart = top.count * width;
    const end = start + (matrices - 1) * apart + (top.count - 1) * width +
      left.count;
    const { binding, base } = bindRange(tensor, start, end, capabilities);
    return { binding, access: { base, stride: width, apart } };
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
    matrices,
    rows: block.rows,
    columns: block.columns,
    depth: block.depths,
    a: a.access,
    b: b.access,
    c: c.access,
    shared: operation.shared ?? "a",
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
    if (bound.access.base !== c.access.base) {
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
  const { layout, matrices, rows, columns, depth } = problem;
  const key = JSON.stringify([problem, precision]);
  const variant = context.choose(
    `matmul ${layout} ${rows} ${columns} ${depth}` +
      (matrices === 1 ? "" : ` x${matrices}`) +
      (precision === "f32" ? "" : ` ${precision}`),
    context.once(
      `variants ${key}`,
      () => matmulVariants(problem, capabilities, precision),
    ),
    posing({ layout, matrices, rows, columns, depth, precision }),
  );
  const kernel = context.once(
    `kernel ${variant.name} ${key}`,
    () => matmulKernel(problem, variant),
  );
  const { splits } = variant.tile;
  const { down, across } = tileCount(problem, variant.tile);
  const [x, y] = foldWorkgroups(down * across, capabilities);
  const sources = readsTexels(variant)
    ? copyToTexels(context, problem, operands)
    : operands;
  if (splits === 1) {
    context.dispatch({
      kernel,
      bindings: [...result, ...sources, ...epilogue],
      workgroups: [x, y, matrices],
    });
    return;
  }
  const partial = {
    tensor: context.scratch("partial", [matrices * splits, rows, columns]),
  };
  context.dispatch({
    kernel,
    bindings: [partial, ...sources],
    workgroups: [x, y, matrices * splits],
  });
  context.dispatch({
    kernel: splitSumKernel(problem, splits),
    bindings: [...result, partial, ...epilogue],
    workgroups: linearWorkgroups(
      matrices * rows * Math.ceil(columns / 4),
      capabilities,
    ),
  });
}

interface Sizes
  extends
    Pick<MatmulProblem, "layout" | "matrices" | "rows" | "columns" | "depth"> {
  readonly precision: OperandPrecision;
}

/** A plain product as an op of its own. */
const productSpec: OpSpec<Sizes> = {
  name: "product",
  infer: (_inputs, { matrices, rows, columns }) => ({
    c: { shape: [matrices, rows, columns], dtype: "f32" },
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
  flops: ({ attributes: { matrices, rows, columns, depth } }) =>
    2 * matrices * rows * columns * depth,
};

/** Products of a posed problem that are checked. */
const SAMPLES = 64;

/** Poses a product without epilogue, and checks samples of it in f64. */
function posing(sizes: Sizes): PoseProblem {
  const { layout, matrices, rows, columns, depth } = sizes;
  const { relative, absolute } = operandRounding(sizes.precision);
  const [across, down] = [layout === "tn", layout === "nt"];
  return (graph) => {
    const stack = (name: string, ...shape: readonly number[]) =>
      graph.input(name, [matrices, ...shape]);
    const a = across ? stack("a", depth, rows) : stack("a", rows, depth);
    const b = down ? stack("b", columns, depth) : stack("b", depth, columns);
    const { c } = graph.emit(productSpec, { a, b }, sizes);
    return function* (valuesOf) {
      const [left, right] = [valuesOf(a), valuesOf(b)];
      const total = matrices * rows * columns;
      for (let sample = 0; sample < SAMPLES; sample++) {
        // From the first element to the last one.
        const index = Math.round(sample / (SAMPLES - 1) * (total - 1));
        const matrix = Math.floor(index / (rows * columns));
        const row = Math.floor(index / columns) % rows;
        const column = index % columns;
        const [leftStart, rightStart] = [rows, columns]
          .map((length) => matrix * depth * length);
        let value = 0;
        let magnitude = 0;
        let rounding = 0;
        for (let k = 0; k < depth; k++) {
          const x = left[
            leftStart + (across ? k * rows + row : row * depth + k)
          ];
          const y = right[
            rightStart + (down ? column * depth + k : k * columns + column)
          ];
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
  const { a, b, all } = operandTexels(problem);
  const texels = context.texels(all);
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
