/** How the innermost loop reads one operand. */
export interface OperandSource {
  /** Whether it is read four elements at a time. */
  readonly vector: boolean;
  /** Whether neighbours in memory are depths, rather than rows or columns. */
  readonly alongDepth: boolean;
  /**
   * WGSL that reads what a line of the tile has at a depth of the step. Lines
   * are rows or columns, or fours of them where a vec4 spans four; a vec4 along
   * the depth is read at the first of its depths.
   */
  load(line: number, depth: number): string;
  /** WGSL before the loads of a step. */
  readonly ahead?: readonly string[];
}

/** Where the innermost loop of a matmul kernel reads its operands. */
export interface StepSource {
  /** Where a is read. */
  readonly a: OperandSource;
  /** Where b is read. */
  readonly b: OperandSource;
  /** Rows of the tile; a multiple of 4 where a vec4 of a spans four rows. */
  readonly tileRows: number;
  /** Columns of the tile, a multiple of 4. */
  readonly tileColumns: number;
  /**
   * Which products of a step come first: all of a depth, which needs the
   * fewest operands at a time, or all of a sum. A CPU holds few sums in
   * registers, so there it pays to fetch each only once a step.
   */
  readonly order: "depth" | "sum";
}

const COMPONENTS = ["x", "y", "z", "w"] as const;

/** Declarations of the tile's sums: `c<row>_<group of four columns>`. */
export function tileSums(
  { tileRows, tileColumns }: StepSource,
): string[] {
  return forTile(tileRows, tileColumns, (sum) => `var ${sum} = vec4<f32>();`);
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
 * Loads and multiplies for `count` (1 to 4) depths from the `first` on, which
 * is a multiple of 4.
 */
export function tileStep(
  source: StepSource,
  count: number,
  first = 0,
): string[] {
  const { a, b, tileRows, tileColumns, order } = source;
  const depths = Array.from({ length: count }, (_, index) => first + index);
  const lines: string[] = [...a.ahead ?? []];
  if (b.alongDepth && b.vector) {
    for (let column = 0; column < tileColumns; column++) {
      lines.push(`let b${column} = ${b.load(column, first)};`);
    }
  }
  const multiply = (sum: string, row: number, group: number, depth: number) =>
    `${sum} += ${aValue(source, row, depth)} * b${depth}_${group};`;
  if (order === "depth") {
    if (a.alongDepth && a.vector) {
      lines.push(...loadRows(source, first, 0, tileRows));
    }
    for (const depth of depths) {
      lines.push(
        ...loadA(source, depth),
        ...loadB(source, depth),
        ...forTile(
          tileRows,
          tileColumns,
          (sum, row, group) => multiply(sum, row, group, depth),
        ),
      );
    }
    return lines;
  }
  for (const depth of depths) {
    lines.push(...loadA(source, depth), ...loadB(source, depth));
  }
  for (let row = 0; row < tileRows; row++) {
    if (a.alongDepth && a.vector && row % ROWS_AT_ONCE === 0) {
      const rows = Math.min(ROWS_AT_ONCE, tileRows - row);
      lines.push(...loadRows(source, first, row, rows));
    }
    for (let group = 0; group < tileColumns / 4; group++) {
      for (const depth of depths) {
        lines.push(multiply(`c${row}_${group}`, row, group, depth));
      }
    }
  }
  return lines;
}

/** Rows of a loaded together: enough for loads to overlap, few to keep. */
const ROWS_AT_ONCE = 4;

/** Loads of four depths for some rows. */
function loadRows(
  { a }: StepSource,
  depth: number,
  first: number,
  rows: number,
): string[] {
  return Array.from({ length: rows }, (_, index) => {
    const row = first + index;
    return `let a${row} = ${a.load(row, depth)};`;
  });
}

/** Loads of a that serve one depth. */
function loadA({ a, tileRows }: StepSource, depth: number): string[] {
  if (a.vector && a.alongDepth) return [];
  return Array.from(
    { length: a.vector ? tileRows / 4 : tileRows },
    (_, line) => `let a${depth}_${line} = ${a.load(line, depth)};`,
  );
}

/** Loads of b that serve one depth, or its values gathered by four columns. */
function loadB(source: StepSource, depth: number): string[] {
  return Array.from(
    { length: source.tileColumns / 4 },
    (_, group) => `let b${depth}_${group} = ${bValue(source, group, depth)};`,
  );
}

function aValue({ a }: StepSource, row: number, depth: number): string {
  if (!a.vector) return `a${depth}_${row}`;
  return a.alongDepth
    ? `a${row}.${COMPONENTS[depth & 3]}`
    : `a${depth}_${row >> 2}.${COMPONENTS[row & 3]}`;
}

function bValue({ b }: StepSource, group: number, depth: number): string {
  if (b.vector && !b.alongDepth) return b.load(group, depth);
  const values = [0, 1, 2, 3].map((lane) => {
    const column = group * 4 + lane;
    return b.vector
      ? `b${column}.${COMPONENTS[depth & 3]}`
      : b.load(column, depth);
  });
  return `vec4(${values.join(", ")})`;
}
