import type { ActivationKind } from "./activation_wgsl.ts";
import type { BindingDeclaration } from "./kernel_source.ts";

/**
 * How the operands of a matmul are stored: `nn` a (M, K) and b (K, N);
 * `nt` b as (N, K); `tn` a as (K, M).
 */
export type MatmulLayout = "nn" | "nt" | "tn";

/**
 * Where a matrix, or a stack of them, lies in what is bound: element (i, j) of
 * matrix m at base + m·apart + i·stride + j.
 */
export interface MatrixAccess {
  /** First element. */
  readonly base: number;
  /** Elements from one row to the next. */
  readonly stride: number;
  /** Elements from one matrix of a stack to the next. */
  readonly apart: number;
}

/** What happens to a sum of products before it is stored. */
export interface MatmulEpilogue {
  /** Where the bias of column 0 lies in what is bound; absent for none. */
  readonly biasBase?: number;
  /** Non-linearity after the bias; the value before it is stored as `pre`. */
  readonly activation?: ActivationKind;
  /** True where `pre` already holds products of smaller depths. */
  readonly continuesPre: boolean;
  /** What is added last: a bound tensor, or what c itself holds. */
  readonly addend: "none" | "bound" | "inPlace";
}

/** One matmul whose operands can be bound: all that a kernel depends on. */
export interface MatmulProblem {
  /** Products of equal sizes that are computed at once: 1, or a stack's. */
  readonly matrices: number;
  /** How a and b are stored. */
  readonly layout: MatmulLayout;
  /** Rows of c. */
  readonly rows: number;
  /** Columns of c. */
  readonly columns: number;
  /** Products per element of c. */
  readonly depth: number;
  /** The left operand. */
  readonly a: MatrixAccess;
  /** The right operand. */
  readonly b: MatrixAccess;
  /** The result, and with it the addend and `pre`. */
  readonly c: MatrixAccess;
  /** Operand that other launches nearby read as well. */
  readonly shared: "a" | "b";
  /** From sum to result. */
  readonly epilogue: MatmulEpilogue;
}

/** A problem without epilogue: plain products, c packed. */
export const NO_EPILOGUE: MatmulEpilogue = {
  continuesPre: false,
  addend: "none",
};

function divisible(...values: readonly number[]): boolean {
  return values.every((value) => value % 4 === 0);
}

/**
 * WGSL of where the matrix that an invocation works on starts: `matrix` is its
 * number in the stack.
 */
export function matrixStart(
  { matrices }: MatmulProblem,
  { base, apart }: Pick<MatrixAccess, "base" | "apart">,
): string {
  return matrices === 1 ? `${base}u` : `(${base}u + matrix * ${apart}u)`;
}

/** WGSL declaration of `matrix`, which every kernel sets before it reads. */
export function matrixVariable({ matrices }: MatmulProblem): string {
  return matrices === 1 ? "" : "var<private> matrix: u32;";
}

/** WGSL of the part of the depth that a workgroup sums. */
export function splitNumber(
  { matrices }: MatmulProblem,
  splits: number,
): string {
  return matrices === 1 ? "group_id.z" : `(group_id.z % ${splits}u)`;
}

/** Whether a can be read as vec4: along the depth, or along the rows (tn). */
export function aIsVector({ a, layout, rows }: MatmulProblem): boolean {
  return divisible(a.base, a.stride, a.apart) &&
    (layout !== "tn" || divisible(rows));
}

/** Whether b can be read as vec4: along the columns, or along the depth (nt). */
export function bIsVector({ b, layout, columns }: MatmulProblem): boolean {
  return divisible(b.base, b.stride, b.apart) &&
    (layout === "nt" || divisible(columns));
}

/** Whether c, the addend and `pre` can be written as vec4. */
export function cIsVector({ c, columns }: MatmulProblem): boolean {
  return divisible(c.base, c.stride, c.apart, columns);
}

/** Whether the bias can be read as vec4. */
export function biasIsVector(problem: MatmulProblem): boolean {
  return cIsVector(problem) && divisible(problem.epilogue.biasBase ?? 0);
}

/**
 * Declarations of `a` and `b`, in that order. They stay buffers: reading them as
 * texels is a variant of its own.
 */
export function operandBindings(
  problem: MatmulProblem,
): [BindingDeclaration, BindingDeclaration] {
  return [
    {
      name: "a",
      element: aIsVector(problem) ? "vec4<f32>" : "f32",
      access: "read",
      reads: "buffer",
    },
    {
      name: "b",
      element: bIsVector(problem) ? "vec4<f32>" : "f32",
      access: "read",
      reads: "buffer",
    },
  ];
}
