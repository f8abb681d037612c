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
  /** Whether a texel spans four depths, rather than four rows or columns. */
  readonly alongDepth: boolean;
  /** Whether lines lie as in memory, so that no kernel has to copy them. */
  readonly plain: boolean;
  /** The matrix in what is bound: element (i, j) at base + i·stride + j. */
  readonly source: {
    readonly base: number;
    readonly stride: number;
    readonly rows: number;
    readonly columns: number;
    /** Whether it can be read as vec4. */
    readonly vector: boolean;
  };
  /** Whether lines are the columns of the source. */
  readonly transposed: boolean;
}

/**
 * Places of both operands, one after the other. With `transposed` a `nt` b is
 * turned, so that neighbouring columns lie in neighbouring texels: read as it
 * is stored, lanes would be a whole line apart and evict each other's cache
 * lines.
 */
export function operandTexels(
  problem: MatmulProblem,
  transposed: boolean,
): { readonly a: OperandTexels; readonly b: OperandTexels } {
  const { layout, rows, columns, depth } = problem;
  const a = placed(0, {
    ...problem.a,
    rows: layout === "tn" ? depth : rows,
    columns: layout === "tn" ? rows : depth,
    vector: aIsVector(problem),
  }, { alongDepth: layout !== "tn", transposed: false });
  const turned = transposed && layout === "nt";
  const b = placed(wholeTexelRows(a.count), {
    ...problem.b,
    rows: layout === "nt" ? columns : depth,
    columns: layout === "nt" ? depth : columns,
    vector: bIsVector(problem),
  }, { alongDepth: layout === "nt" && !turned, transposed: turned });
  return { a, b };
}

function placed(
  first: number,
  source: OperandTexels["source"],
  order: Pick<OperandTexels, "alongDepth" | "transposed">,
): OperandTexels {
  const { stride, rows, columns, vector } = source;
  const plain = !order.transposed && vector && columns % 4 === 0;
  const [lines, width] = order.transposed ? [columns, rows] : [rows, columns];
  const texels = Math.ceil(width / 4);
  const pitch = plain ? stride / 4 : texels;
  const count = (lines - 1) * pitch + texels;
  return { first, count, pitch, plain, source, ...order };
}

/** A kernel that copies an operand, and its invocations. */
export interface PackKernel {
  /** The kernel; binds the operand texture and the source. */
  readonly kernel: KernelSource;
  /** Number of invocations. */
  readonly items: number;
}

/**
 * Kernel that copies an operand to its texels. What fills the last texel of a
 * line beyond its end is read by nobody who keeps it.
 */
export function packKernel(operand: OperandTexels): PackKernel {
  return operand.transposed && operand.source.vector
    ? turnKernel(operand)
    : gatherKernel(operand);
}

/** Gathers the four elements of each texel. */
function gatherKernel(
  { first, count, pitch, transposed, source }: OperandTexels,
): PackKernel {
  const { base, stride, rows, columns } = source;
  const element = (lane: number) => {
    const place = `${pitch === 1 ? "0u" : `index % ${pitch}u * 4u`} + ${lane}u`;
    const line = `index / ${pitch}u`;
    const [row, column] = transposed
      ? [`min(${place}, ${rows - 1}u)`, line]
      : [line, `min(${place}, ${columns - 1}u)`];
    return `source[${base}u + ${row} * ${stride}u + ${column}]`;
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

/** Turns blocks of four rows and four columns. */
function turnKernel(
  { first, pitch, source }: OperandTexels,
): PackKernel {
  const { base, stride, rows, columns } = source;
  const groups = Math.ceil(columns / 4);
  const items = pitch * groups;
  const loads = [0, 1, 2, 3].map((lane) =>
    `let v${lane} = source[${base / 4}u + min(row + ${lane}u, ${rows - 1}u) * ${
      stride / 4
    }u + four];`
  );
  const stores = ["x", "y", "z", "w"].map((component, lane) =>
    `textureStore(operands, ${
      texelAddress(`${first}u + line * ${pitch}u + place`)
    }, vec4(${
      [0, 1, 2, 3].map((from) => `v${from}.${component}`).join(", ")
    }));` + (lane < 3
      ? `\n  line += 1u;${
        columns % 4 === 0 ? "" : ` if (line >= ${columns}u) { return; }`
      }`
      : "")
  );
  return {
    items,
    kernel: {
      name: "matmul_pack_turned",
      bindings: [
        { name: "operands", texels: "write" },
        { name: "source", element: "vec4<f32>", access: "read" },
      ],
      // Neighbours read neighbouring rows and write neighbouring texels.
      body: linearMain(
        items,
        `let place = index % ${pitch}u;
  let four = index / ${pitch}u;
  let row = place * 4u;
  var line = four * 4u;
  ${loads.join("\n  ")}
  ${stores.join("\n  ")}`,
      ),
    },
  };
}
