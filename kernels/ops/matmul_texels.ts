import type { KernelSource } from "./kernel_source.ts";
import { texelAddress } from "./kernel_source.ts";
import { linearMain } from "./launch.ts";
import {
  aIsVector,
  bIsVector,
  type MatmulProblem,
  type MatrixAccess,
} from "./matmul_problem.ts";

/** Where an operand lies in the operand texture, and where it comes from. */
export interface OperandTexels {
  /** Number of its first texel. */
  readonly first: number;
  /** Number of its texels. */
  readonly count: number;
  /** First vec4 of it in what is bound. */
  readonly source: number;
}

/** Places of both operands, one after the other, rows as far apart as before. */
export function operandTexels(
  { layout, rows, columns, depth, a, b }: MatmulProblem,
): { readonly a: OperandTexels; readonly b: OperandTexels } {
  const count = ({ stride }: MatrixAccess, lines: number, width: number) =>
    ((lines - 1) * stride + Math.ceil(width / 4) * 4) / 4;
  const ofA = layout === "tn" ? count(a, depth, rows) : count(a, rows, depth);
  const ofB = layout === "nt"
    ? count(b, columns, depth)
    : count(b, depth, columns);
  return {
    a: { first: 0, count: ofA, source: a.base / 4 },
    b: { first: ofA, count: ofB, source: b.base / 4 },
  };
}

/** Whether every row of both operands is a whole number of texels. */
export function isWholeTexels(problem: MatmulProblem): boolean {
  const { layout, rows, columns, depth } = problem;
  const widths = [
    layout === "tn" ? rows : depth,
    layout === "nt" ? depth : columns,
  ];
  return aIsVector(problem) && bIsVector(problem) &&
    widths.every((width) => width % 4 === 0);
}

/** Kernel that copies an operand to its texels. */
export function texelCopyKernel(
  { first, count, source }: OperandTexels,
): KernelSource {
  return {
    name: "matmul_texel_copy",
    bindings: [
      { name: "operands", texels: "write" },
      { name: "source", element: "vec4<f32>", access: "read" },
    ],
    body: linearMain(
      count,
      `textureStore(operands, ${
        texelAddress(`${first}u + index`)
      }, source[${source}u + index]);`,
    ),
  };
}
