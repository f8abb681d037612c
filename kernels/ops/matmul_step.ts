import type { MatmulLayout } from "./matmul_problem.ts";

/** Where the innermost loop reads one operand. */
export interface OperandSource {
  /** Elements from one of its rows to the next. */
  readonly stride: number;
  /** Whether it is read four elements at a time. */
  readonly vector: boolean;
  /** WGSL that reads what has a number, in elements or in fours of them. */
  load(index: string): string;
}

/** Where the innermost loop of a matmul kernel reads its operands. */
export interface StepSource {
  /** How a and b are stored. */
  readonly layout: MatmulLayout;
  /** Where a is read. */
  readonly a: OperandSource;
  /** Where b is read. */
  readonly b: OperandSource;
  /** Rows of the tile; a multiple of 4 where a is read as vec4 and is `tn`. */
  readonly tileRows: number;
  /** Columns of the tile, a multiple of 4. */
  readonly tileColumns: number;
}

const COMPONENTS = ["x", "y", "z", "w"] as const;

/** Declarations of the tile's sums: `c<row>_<group of four columns>`. */
export function tileSums(
  { tileRows, tileColumns }: StepSource,
): string[] {
  return forTile(tileRows, tileColumns, (sum) => `var ${sum} = vec4<f32>();`);
}

/**
 * Statements that store a tile's sums, `sums[i]` row by row. Copied into an
 * array and stored in a loop, because the epilogue of each, unrolled, would be
 * most of a large kernel's code and compile time.
 */
export function storeTile(
  { tileRows, tileColumns }: StepSource,
  store: (row: string, group: string, sum: string) => string,
): string[] {
  const sums = forTile(tileRows, tileColumns, (sum) => sum);
  const groups = tileColumns / 4;
  if (sums.length === 1) return [store("0u", "0u", sums[0])];
  return [
    `var sums = array<vec4<f32>, ${sums.length}>(${sums.join(", ")});`,
    `for (var index = 0u; index < ${sums.length}u; index++) {`,
    store(`index / ${groups}u`, `index % ${groups}u`, "sums[index]"),
    "}",
  ];
}

/** One line for each sum of a tile. */
export function forTile(
  tileRows: number,
  tileColumns: number,
  line: (sum: string, row: number, group: number) => string,
): string[] {
  const lines: string[] = [];
  for (let row = 0; row < tileRows; row++) {
    for (let group = 0; group < tileColumns / 4; group++) {
      lines.push(line(`c${row}_${group}`, row, group));
    }
  }
  return lines;
}

/**
 * Loads and multiplies for `count` (1 to 4) depths from `k` on, which is a
 * multiple of 4. Rows of a start at `a_at<row>` and columns of b at
 * `b_at<column>`, counted in what is read at once; where a vec4 spans four
 * rows or columns there is one such offset for each four.
 */
export function tileStep(source: StepSource, count: number): string[] {
  const { layout, a, b, tileRows, tileColumns } = source;
  const lines: string[] = [];
  if (layout !== "tn" && a.vector) {
    for (let row = 0; row < tileRows; row++) {
      lines.push(`let a${row} = ${a.load(`a_at${row} + k / 4u`)};`);
    }
  }
  if (layout === "nt" && b.vector) {
    for (let column = 0; column < tileColumns; column++) {
      lines.push(`let b${column} = ${b.load(`b_at${column} + k / 4u`)};`);
    }
  }
  for (let depth = 0; depth < count; depth++) {
    lines.push(...loadDepth(source, depth));
    lines.push(...forTile(
      tileRows,
      tileColumns,
      (sum, row, group) =>
        `${sum} += ${aValue(source, row, depth)} * b${depth}_${group};`,
    ));
  }
  return lines;
}

/** Loads that serve one depth, and b's values gathered by four columns. */
function loadDepth(source: StepSource, depth: number): string[] {
  const { layout, a, tileRows, tileColumns } = source;
  const lines: string[] = [];
  const down = (stride: number) => `(k + ${depth}u) * ${stride}u`;
  if (layout === "tn" && a.vector) {
    for (let group = 0; group < tileRows / 4; group++) {
      lines.push(
        `let a${depth}_${group} = ${
          a.load(`a_at${group} + ${down(a.stride / 4)}`)
        };`,
      );
    }
  } else if (!a.vector) {
    const along = layout === "tn" ? down(a.stride) : `k + ${depth}u`;
    for (let row = 0; row < tileRows; row++) {
      lines.push(`let a${depth}_${row} = ${a.load(`a_at${row} + ${along}`)};`);
    }
  }
  for (let group = 0; group < tileColumns / 4; group++) {
    lines.push(`let b${depth}_${group} = ${bValue(source, group, depth)};`);
  }
  return lines;
}

function aValue(source: StepSource, row: number, depth: number): string {
  const { layout, a } = source;
  if (!a.vector) return `a${depth}_${row}`;
  return layout === "tn"
    ? `a${depth}_${row >> 2}.${COMPONENTS[row & 3]}`
    : `a${row}.${COMPONENTS[depth]}`;
}

function bValue({ layout, b }: StepSource, group: number, depth: number) {
  const four = [0, 1, 2, 3].map((lane) => group * 4 + lane);
  const down = (stride: number) => `(k + ${depth}u) * ${stride}u`;
  if (layout === "nt") {
    const values = four.map((column) =>
      b.vector
        ? `b${column}.${COMPONENTS[depth]}`
        : b.load(`b_at${column} + k + ${depth}u`)
    );
    return `vec4(${values.join(", ")})`;
  }
  if (b.vector) return b.load(`b_at${group} + ${down(b.stride / 4)}`);
  const values = four.map((column) =>
    b.load(`b_at${column} + ${down(b.stride)}`)
  );
  return `vec4(${values.join(", ")})`;
}
