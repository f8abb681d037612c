/** Where the innermost loop reads one operand. */
export interface OperandSource {
  /** Elements from one of its rows to the next. */
  readonly stride: number;
  /** Whether it is read four elements at a time. */
  readonly vector: boolean;
  /** Whether neighbours in memory are depths, rather than rows or columns. */
  readonly alongDepth: boolean;
  /** WGSL that reads what has a number, in elements or in fours of them. */
  load(index: string): string;
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
 * Loads and multiplies for `count` (1 to 4) depths from `k` on, which is a
 * multiple of 4. Rows of a start at `a_at<row>` and columns of b at
 * `b_at<column>`, counted in what is read at once; where a vec4 spans four
 * rows or columns there is one such offset for each four.
 */
export function tileStep(source: StepSource, count: number): string[] {
  const { a, b, tileRows, tileColumns, order } = source;
  const depths = Array.from({ length: count }, (_, depth) => depth);
  const lines: string[] = [];
  if (b.alongDepth && b.vector) {
    for (let column = 0; column < tileColumns; column++) {
      lines.push(`let b${column} = ${b.load(`b_at${column} + k / 4u`)};`);
    }
  }
  const multiply = (sum: string, row: number, group: number, depth: number) =>
    `${sum} += ${aValue(source, row, depth)} * b${depth}_${group};`;
  if (order === "depth") {
    if (a.alongDepth && a.vector) lines.push(...loadRows(source, 0, tileRows));
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
      lines.push(...loadRows(source, row, rows));
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
function loadRows({ a }: StepSource, first: number, rows: number): string[] {
  return Array.from(
    { length: rows },
    (_, index) =>
      `let a${first + index} = ${a.load(`a_at${first + index} + k / 4u`)};`,
  );
}

/** Loads of a that serve one depth. */
function loadA({ a, tileRows }: StepSource, depth: number): string[] {
  const down = `(k + ${depth}u) * ${a.vector ? a.stride / 4 : a.stride}u`;
  if (a.vector) {
    return a.alongDepth ? [] : Array.from(
      { length: tileRows / 4 },
      (_, group) =>
        `let a${depth}_${group} = ${a.load(`a_at${group} + ${down}`)};`,
    );
  }
  const along = a.alongDepth ? `k + ${depth}u` : down;
  return Array.from(
    { length: tileRows },
    (_, row) => `let a${depth}_${row} = ${a.load(`a_at${row} + ${along}`)};`,
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
    ? `a${row}.${COMPONENTS[depth]}`
    : `a${depth}_${row >> 2}.${COMPONENTS[row & 3]}`;
}

function bValue({ b }: StepSource, group: number, depth: number): string {
  const four = [0, 1, 2, 3].map((lane) => group * 4 + lane);
  const down = (stride: number) => `(k + ${depth}u) * ${stride}u`;
  if (b.alongDepth) {
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
