import type { KernelSource } from "./kernel_source.ts";
import { texelAddress, wholeTexelRows } from "./kernel_source.ts";
import { linearMain } from "./launch.ts";
import { aIsVector, bIsVector, type MatmulProblem } from "./matmul_problem.ts";

/** How an operand lies in the operand texture, and how it gets there. */
export interface OperandTexels {
  /** First texel: the start of a row of the texture. */
  readonly first: number;
  /** Texels taken. */
  readonly count: number;
  /** Texels from one line to the next. */
  readonly pitch: number;
  /** Texels from one matrix of a stack to the next. */
  readonly apart: number;
  /** Whether a texel spans four depths, rather than four rows or columns. */
  readonly alongDepth: boolean;
  /** Whether lines lie as in memory, so that no kernel has to copy them. */
  readonly plain: boolean;
  /** What is copied, a stack as one matrix: (i, j) at base + i·stride + j. */
  readonly source: {
    readonly base: number;
    readonly stride: number;
    readonly rows: number;
    readonly columns: number;
    /** Whether it can be read as vec4. */
    readonly vector: boolean;
  };
}

/**
 * Places of both operands, one after the other, line by line as stored; and how
 * many texels that takes.
 */
export function operandTexels(
  problem: MatmulProblem,
): {
  readonly a: OperandTexels;
  readonly b: OperandTexels;
  readonly all: number;
} {
  const { layout, rows, columns, depth, shared } = problem;
  const placeA = (first: number) =>
    placed(problem, first, {
      ...problem.a,
      rows: layout === "tn" ? depth : rows,
      columns: layout === "tn" ? rows : depth,
      vector: aIsVector(problem),
    }, layout !== "tn");
  const placeB = (first: number) =>
    placed(problem, first, {
      ...problem.b,
      rows: layout === "nt" ? columns : depth,
      columns: layout === "nt" ? depth : columns,
      vector: bIsVector(problem),
    }, layout === "nt");
  if (shared === "b") {
    const b = placeB(0);
    const a = placeA(wholeTexelRows(b.count));
    return { a, b, all: a.first + a.count };
  }
  const a = placeA(0);
  const b = placeB(wholeTexelRows(a.count));
  return { a, b, all: b.first + b.count };
}

/** The matrices of a stack lie one after the other, as one of all their rows. */
function placed(
  { matrices }: MatmulProblem,
  first: number,
  source: OperandTexels["source"],
  alongDepth: boolean,
): OperandTexels {
  const { stride, rows, columns, vector } = source;
  const plain = vector && columns % 4 === 0;
  const texels = Math.ceil(columns / 4);
  const pitch = plain ? stride / 4 : texels;
  return {
    first,
    count: (matrices * rows - 1) * pitch + texels,
    pitch,
    apart: rows * pitch,
    plain,
    source: { ...source, rows: matrices * rows },
    alongDepth,
  };
}

/** A kernel that copies an operand, and its invocations. */
export interface PackKernel {
  /** The kernel; binds the operand texture and the source. */
  readonly kernel: KernelSource;
  /** Number of invocations. */
  readonly items: number;
}

/**
 * Kernel that copies an operand to its texels, gathering the four elements of
 * each. What fills the last texel of a line beyond its end is read by nobody
 * who keeps it.
 */
export function packKernel(
  { first, count, pitch, source }: OperandTexels,
): PackKernel {
  const { base, stride, columns } = source;
  const element = (lane: number) => {
    const place = `${pitch === 1 ? "0u" : `index % ${pitch}u * 4u`} + ${lane}u`;
    return `source[${base}u + index / ${pitch}u * ${stride}u + ` +
      `min(${place}, ${columns - 1}u)]`;
  };
  return {
    items: count,
    kernel: {
      name: "matmul_pack",
      bindings: [
        { name: "operands", texels: "write" },
        { name: "source", element: "f32", access: "read" },
      ],
      body: linearMain(
        count,
        `textureStore(operands, ${texelAddress(`${first}u + index`)}, vec4(
    ${[0, 1, 2, 3].map(element).join(",\n    ")},
  ));`,
      ),
    },
  };
}
