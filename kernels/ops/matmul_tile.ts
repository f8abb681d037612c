import { SHARING } from "./lane_sharing.ts";
import type { LineSource, MatmulOperandSources } from "./matmul_operands.ts";
import type { MatmulProblem } from "./matmul_problem.ts";

/** How a kernel divides a matmul among invocations. */
export interface MatmulTile {
  /** Rows of c that one invocation computes; a multiple of 4 for layout tn. */
  readonly tileRows: number;
  /** Columns of c that one invocation computes; a multiple of 4. */
  readonly tileColumns: number;
  /** Invocations of a workgroup along the rows. */
  readonly groupRows: number;
  /** Invocations of a workgroup along the columns. */
  readonly groupColumns: number;
  /** Parts that the depth is cut into, each summed on its own. */
  readonly splits: number;
}

/** Workgroups along one dimension that every adapter allows. */
const MOST_WORKGROUPS = 65_535;

/** Number of workgroup tiles that cover c. */
export function tileCount(
  { rows, columns }: MatmulProblem,
  tile: MatmulTile,
): { readonly down: number; readonly across: number } {
  return {
    down: Math.ceil(rows / (tile.tileRows * tile.groupRows)),
    across: Math.ceil(columns / (tile.tileColumns * tile.groupColumns)),
  };
}

/**
 * Elements that workgroups read and write: every one reads its rows of a and its
 * columns of b, which its neighbours read as well, and writes its part of c.
 */
export function tileTraffic(problem: MatmulProblem, tile: MatmulTile): number {
  const { rows, columns, depth } = problem;
  const { down, across } = tileCount(problem, tile);
  return problem.matrices *
    (depth * (rows * across + columns * down) + rows * columns * tile.splits);
}

/**
 * A register tile whose workgroup has the shape that covers c with the fewest
 * elements beyond its edges, and of those the widest, whose invocations all read
 * the same of a, and what lies side by side of b. Where lines of b run along the
 * depth (nt) that would be many lines, so there the one that is most nearly
 * twice as wide as high.
 */
export function registerTile(
  { layout, rows, columns }: MatmulProblem,
  tileRows: number,
  tileColumns: number,
  invocations: number,
  splits: number = 1,
): MatmulTile {
  const wanted = layout === "nt" ? 1 : Math.log2(invocations);
  const covered = (length: number, step: number) =>
    Math.ceil(length / step) * step;
  const shapes = Array.from(
    { length: Math.log2(invocations) + 1 },
    (_, power) => 2 ** power,
  ).map((groupColumns) => {
    const groupRows = invocations / groupColumns;
    return {
      groupRows,
      groupColumns,
      area: covered(columns, groupColumns * tileColumns) *
        covered(rows, groupRows * tileRows),
      skew: Math.abs(Math.log2(groupColumns / groupRows) - wanted),
    };
  });
  const [{ groupRows, groupColumns }] = shapes.sort((one, other) =>
    one.area - other.area || one.skew - other.skew ||
    other.groupColumns - one.groupColumns
  );
  return { tileRows, tileColumns, groupRows, groupColumns, splits };
}

/** How a split of the depth shows in the name of a variant. */
export function splitName(splits: number): string {
  return splits === 1 ? "" : `_split${splits}`;
}

/**
 * Workgroups of a band, one below the other. They follow each other, so that
 * those that run at the same time share columns of b as well as rows of a, and
 * caches are asked for less of both.
 */
const BAND = 8;

/** Statements that declare `group_row` and `group_column`, a workgroup's first. */
export function groupPosition(
  problem: MatmulProblem,
  tile: MatmulTile,
): string[] {
  const { down, across } = tileCount(problem, tile);
  const downStep = tile.tileRows * tile.groupRows;
  const acrossStep = tile.tileColumns * tile.groupColumns;
  const place = down <= BAND
    ? { row: `tile % ${down}u`, column: `tile / ${down}u` }
    : { row: "top + in_band % height", column: "in_band / height" };
  return [
    ...(problem.matrices === 1
      ? []
      : [`matrix = group_id.z / ${tile.splits}u;`]),
    "let tile = group_id.y * group_count.x + group_id.x;",
    // Two dimensions of workgroups may hold more tiles than there are.
    ...(down * across > MOST_WORKGROUPS
      ? [`if (tile >= ${down * across}u) { return; }`]
      : []),
    ...(down <= BAND ? [] : [
      `let top = tile / ${BAND * across}u * ${BAND}u;`,
      `let height = min(${BAND}u, ${down}u - top);`,
      `let in_band = tile % ${BAND * across}u;`,
    ]),
    `let group_row = (${place.row}) * ${downStep}u;`,
    `let group_column = (${place.column}) * ${acrossStep}u;`,
  ];
}

/** Statements that declare `row` and `column`, an invocation's first. */
export function tilePosition(
  problem: MatmulProblem,
  tile: MatmulTile,
): string[] {
  const { tileRows, tileColumns, groupRows, groupColumns } = tile;
  return [
    ...groupPosition(problem, tile),
    `let row = group_row${groupRows === 1 ? "" : ` + local.y * ${tileRows}u`};`,
    `let column = group_column${
      groupColumns === 1 ? "" : ` + local.x * ${tileColumns}u`
    };`,
  ];
}

/**
 * Statements that declare `a_at…` and `b_at…`, where the rows of a and the
 * columns of b that an invocation needs start, held inside the matrices.
 */
export function operandOffsets(
  problem: MatmulProblem,
  tile: MatmulTile,
  { a, b, aStart, bStart }: MatmulOperandSources,
): string[] {
  const { rows, columns } = problem;
  return [
    ...(a.shared ? sharedOffsets : offsets)("a", {
      origin: "row",
      length: rows,
      count: tile.tileRows,
      covered: tile.tileRows * tile.groupRows,
      source: a,
      start: aStart,
    }),
    ...offsets("b", {
      origin: "column",
      length: columns,
      count: tile.tileColumns,
      covered: tile.tileColumns * tile.groupColumns,
      source: b,
      start: bStart,
    }),
  ];
}

interface TileLines {
  readonly origin: string;
  readonly length: number;
  readonly count: number;
  readonly covered: number;
  readonly source: Pick<LineSource, "stride" | "vector" | "alongDepth">;
  readonly start: string;
}

function offsets(name: string, dimension: TileLines): string[] {
  const { origin, length, count, covered, start } = dimension;
  const { stride, vector, alongDepth } = dimension.source;
  const per = vector && !alongDepth ? 4 : 1;
  const scale = vector ? 4 : 1;
  const last = (Math.ceil(length / per) - 1) * per;
  return Array.from({ length: count / per }, (_, index) => {
    const position = length % covered === 0
      ? `(${origin} + ${index * per}u)`
      : `min(${origin} + ${index * per}u, ${last}u)`;
    return alongDepth
      ? `let ${name}_at${index} = ${start} / ${scale}u + ${position} * ${
        stride / scale
      }u;`
      : `let ${name}_at${index} = (${start} + ${position}) / ${scale}u;`;
  });
}

/**
 * Where the texels start of which each invocation of a subgroup reads its own.
 * They count by rows where they span four depths, and where they span four rows
 * by depths first.
 */
function sharedOffsets(
  name: string,
  { origin, length, count, covered, source, start }: TileLines,
): string[] {
  const { stride, alongDepth } = source;
  const per = alongDepth ? 1 : 4;
  const lines = count / per;
  const last = (Math.ceil(length / per) - 1) * per;
  return Array.from({ length: count / SHARING }, (_, index) => {
    const texel = `(lane + ${index * SHARING}u)`;
    const line = `${origin} + ${texel} % ${lines}u * ${per}u`;
    const position = length % covered === 0
      ? `(${line})`
      : `min(${line}, ${last}u)`;
    return alongDepth
      ? `let ${name}_at${index} = ${start} / 4u + ${position} * ${stride / 4}u;`
      : `let ${name}_at${index} = (${start} + ${position}) / 4u + ` +
        `${texel} / ${lines}u * ${stride / 4}u;`;
  });
}
