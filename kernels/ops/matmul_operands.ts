import type { BindingDeclaration } from "./kernel_source.ts";
import { texelAddress } from "./kernel_source.ts";
import {
  aIsVector,
  bIsVector,
  type MatmulProblem,
  type MatrixAccess,
  matrixStart,
  operandBindings,
} from "./matmul_problem.ts";
import { sharedVectors } from "./lane_sharing.ts";
import type { OperandSource } from "./matmul_step.ts";
import { type OperandTexels, operandTexels } from "./matmul_texels.ts";

/** An operand read at `<name>_at<line>` plus what `k` and the depth come to. */
export interface LineSource extends OperandSource {
  /** Elements from one of its rows to the next. */
  readonly stride: number;
  /** Whether the invocations of a subgroup read parts of what all of them need. */
  readonly shared?: boolean;
}

/** Where a kernel finds both operands of a matmul. */
export interface MatmulOperandSources {
  /** Declarations for what holds them. */
  readonly bindings: readonly BindingDeclaration[];
  /** How the innermost loop reads the left operand. */
  readonly a: LineSource;
  /** How the innermost loop reads the right operand. */
  readonly b: LineSource;
  /** WGSL of the element where the left operand starts in what is read. */
  readonly aStart: string;
  /** WGSL of the element where the right operand starts in what is read. */
  readonly bStart: string;
  /** How operands are named in a kernel's name. */
  readonly kind: "register" | "texel" | "broadcast";
}

/** Operands in the buffers that hold them anyway. */
export function bufferOperands(problem: MatmulProblem): MatmulOperandSources {
  const { layout } = problem;
  const source = (
    name: "a" | "b",
    { stride }: MatrixAccess,
    vector: boolean,
  ) => {
    const alongDepth = name === "a" ? layout !== "tn" : layout === "nt";
    return lineSource(
      { name, stride, vector, alongDepth },
      (index) => `${name}[${index}]`,
    );
  };
  return {
    bindings: operandBindings(problem),
    a: source("a", problem.a, aIsVector(problem)),
    b: source("b", problem.b, bIsVector(problem)),
    aStart: matrixStart(problem, problem.a),
    bStart: matrixStart(problem, problem.b),
    kind: "register",
  };
}

/** Operands copied to the operand texture. */
export function texelOperands(
  problem: MatmulProblem,
): MatmulOperandSources {
  const places = operandTexels(problem);
  const source = (name: "a" | "b", { pitch, alongDepth }: OperandTexels) =>
    lineSource(
      { name, stride: pitch * 4, vector: true, alongDepth },
      (index) => `textureLoad(operands, ${texelAddress(index)})`,
    );
  const start = ({ first, apart }: OperandTexels) =>
    matrixStart(problem, { base: 4 * first, apart: 4 * apart });
  return {
    bindings: [{ name: "operands", texels: "read" }],
    a: source("a", places.a),
    b: source("b", places.b),
    aStart: start(places.a),
    bStart: start(places.b),
    kind: "texel",
  };
}

/**
 * The same, but of the left operand each invocation of a workgroup whose rows
 * are equal reads an eighth, and gets the rest from the others.
 */
export function broadcastOperands(
  problem: MatmulProblem,
  tileRows: number,
): MatmulOperandSources {
  const operands = texelOperands(problem);
  const { stride, alongDepth } = operands.a;
  const perDepth = tileRows / 4;
  const further = alongDepth ? "k / 4u" : `k * ${stride / 4}u`;
  const parts = sharedVectors(
    "a",
    tileRows,
    (_, part) =>
      `textureLoad(operands, ${texelAddress(`a_at${part} + ${further}`)})`,
  );
  return {
    ...operands,
    a: {
      ...operands.a,
      shared: true,
      ahead: [parts.declared],
      load: (line, depth) =>
        parts.at(alongDepth ? line : depth * perDepth + line),
    },
    kind: "broadcast",
  };
}

/** An operand whose elements, or fours of them, have numbers. */
function lineSource(
  { name, ...source }: Omit<LineSource, "load"> & { readonly name: string },
  read: (index: string) => string,
): LineSource {
  const { stride, vector, alongDepth } = source;
  return {
    ...source,
    load(line, depth) {
      const further = !alongDepth
        ? `(k + ${depth}u) * ${vector ? stride / 4 : stride}u`
        : vector
        ? "k / 4u"
        : `k + ${depth}u`;
      return read(`${name}_at${line} + ${further}`);
    },
  };
}
