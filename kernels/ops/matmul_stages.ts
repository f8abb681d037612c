import type { MatmulProblem } from "./matmul_problem.ts";
import type { MatmulTile } from "./matmul_tile.ts";
import type { OperandPrecision } from "./operand_precision.ts";
import { stagedFour } from "./staged_four.ts";

/** Division of a matmul whose workgroups stage their operands. */
export interface WorkgroupTile extends MatmulTile {
  /** Depths staged at a time, a multiple of 4. */
  readonly stageDepth: number;
  /**
   * Staged blocks held: with two, the next one is on its way while the other
   * is multiplied, and a barrier a block is enough.
   */
  readonly buffers: 1 | 2;
  /** How operands are rounded when they are staged. */
  readonly operands: OperandPrecision;
}

/**
 * A staged block as arrays in arrays. WebGPU keeps every index inside its array
 * that is not constant, at the cost of an instruction and of the offset that a
 * load may have. So an invocation picks its own part by its position, once, and
 * all that it reads of that by constants.
 */
export interface Stage {
  /** Whether lines run along the depth; if not, they are depths. */
  readonly alongDepth: boolean;
  /** Lengths of the arrays, from the outermost. */
  readonly lengths: readonly number[];
  /** Rows, columns or depths that are copied. */
  readonly lines: number;
  /** Fours of a line. */
  readonly width: number;
  /** WGSL indices of the four number `place` of the line `line`. */
  readonly copied: string;
  /** WGSL indices of what an invocation reads as an operand. */
  read(line: number, depth: number): string;
}

/**
 * The staged blocks keep the storage's own order, so that copying needs no
 * transposition. Where lines run along the depth, neighbours read the same place
 * of different lines: one vec4 more an invocation keeps those in different
 * memory banks.
 */
export function stages(
  layout: MatmulProblem["layout"],
  tile: WorkgroupTile,
): { readonly a: Stage; readonly b: Stage } {
  const { tileRows, tileColumns, groupRows, groupColumns, stageDepth } = tile;
  const fours = stageDepth / 4;
  // Groups of four columns lie a workgroup's width apart, so that neighbours
  // read and write neighbouring vec4.
  const groups = tileColumns / 4;
  return {
    a: layout === "tn"
      ? {
        alongDepth: false,
        lengths: [stageDepth, groupRows, tileRows / 4],
        lines: stageDepth,
        width: groupRows * tileRows / 4,
        copied: `[line][place / ${tileRows / 4}u][place % ${tileRows / 4}u]`,
        read: (group, depth) => `[${depth}][local.y][${group}]`,
      }
      : {
        alongDepth: true,
        lengths: [groupRows, tileRows * fours + 1],
        lines: groupRows * tileRows,
        width: fours,
        copied: `[line / ${tileRows}u]` +
          `[line % ${tileRows}u * ${fours}u + place]`,
        read: (row, depth) => `[local.y][${row * fours + depth / 4}]`,
      },
    b: layout === "nt"
      ? {
        alongDepth: true,
        lengths: [groups, groupColumns, stageDepth + 1],
        lines: groups * groupColumns * 4,
        width: fours,
        copied: `[line / ${groupColumns * 4}u][line / 4u % ${groupColumns}u]` +
          `[line % 4u * ${fours}u + place]`,
        read: (column, depth) =>
          `[${column >> 2}][local.x][${(column & 3) * fours + depth / 4}]`,
      }
      : {
        alongDepth: false,
        lengths: [stageDepth, groups, groupColumns],
        lines: stageDepth,
        width: groups * groupColumns,
        copied: `[line][place / ${groupColumns}u][place % ${groupColumns}u]`,
        read: (group, depth) => `[${depth}][${group}][local.x]`,
      },
  };
}

/** A block to be copied. */
export interface StageCopy {
  /** Which operand. */
  readonly name: "a" | "b";
  /** Where it is staged. */
  readonly stage: Stage;
  /** Its first row or column. */
  readonly origin: string;
}

/** Blocks are copied and multiplied in turn, a barrier before and after. */
export function stagesInTurn(
  copies: readonly StageCopy[],
  multiply: readonly string[],
  tile: WorkgroupTile,
): string[] {
  return [
    `for (var start = first; start < end; start += ${tile.stageDepth}u) {`,
    ...copies.flatMap((copy) => copyNow(copy, tile)),
    "workgroupBarrier();",
    ...multiply,
    "workgroupBarrier();",
    "}",
  ];
}

/**
 * While a block is multiplied out of the half number `half`, the next one is
 * loaded into registers; then it is stored where the block before was.
 */
export function overlappedStages(
  copies: readonly StageCopy[],
  multiply: readonly string[],
  tile: WorkgroupTile,
): string[] {
  return [
    "var start = first;",
    ...copies.flatMap((copy) => nextVariables(copy, tile)),
    ...copies.flatMap((copy) => loadNext(copy, tile)),
    ...copies.flatMap((copy) => storeNext(copy, tile, "0")),
    "var second = false;",
    "workgroupBarrier();",
    "loop {",
    "if (start >= end) { break; }",
    `let half = ${HALF};`,
    `start += ${tile.stageDepth}u;`,
    "if (start < end) {",
    ...copies.flatMap((copy) => loadNext(copy, tile)),
    "}",
    ...multiply,
    "second = !second;",
    "if (start < end) {",
    ...copies.flatMap((copy) => storeNext(copy, tile, HALF)),
    "}",
    "workgroupBarrier();",
    "}",
  ];
}

/** Number of the half that `second` tells. */
const HALF = "select(0u, 1u, second)";

/** Statements that copy one block, all invocations taking part. */
function copyNow(copy: StageCopy, tile: WorkgroupTile): string[] {
  const { name, stage } = copy;
  const invocations = tile.groupRows * tile.groupColumns;
  const total = stage.lines * stage.width;
  return [
    `for (var slot = local_index; slot < ${total}u; slot += ${invocations}u) {`,
    `let line = slot / ${stage.width}u;`,
    `let place = slot % ${stage.width}u;`,
    `${name}_stage${stage.copied} = ${loadPlace(copy)};`,
    "}",
  ];
}

/** What belongs at a line and a place of a block. */
function loadPlace({ name, stage, origin }: StageCopy): string {
  const [line, place] = stage.alongDepth
    ? [`${origin} + line`, "start + place * 4u"]
    : ["start + line", `${origin} + place * 4u`];
  return `pack_four(load_${name}(${line}, ${place}))`;
}

/** Text for each of the places of a block that an invocation copies. */
function ofEachPlace(
  { stage }: StageCopy,
  tile: WorkgroupTile,
  statement: (index: number) => string,
): string[] {
  const invocations = tile.groupRows * tile.groupColumns;
  const total = stage.lines * stage.width;
  return Array.from({ length: Math.ceil(total / invocations) }, (_, index) => {
    const guard = (index + 1) * invocations > total
      ? `if (local_index + ${index * invocations}u < ${total}u) `
      : "";
    return `${guard}{ let slot = local_index + ${index * invocations}u; ` +
      `let line = slot / ${stage.width}u; ` +
      `let place = slot % ${stage.width}u; ${statement(index)} }`;
  });
}

/** Registers that hold an invocation's part of the next block. */
function nextVariables(copy: StageCopy, tile: WorkgroupTile): string[] {
  const { type } = stagedFour(tile.operands);
  return ofEachPlace(copy, tile, String).map((_, index) =>
    `var ${copy.name}_next${index} = ${type}();`
  );
}

function loadNext(copy: StageCopy, tile: WorkgroupTile): string[] {
  return ofEachPlace(
    copy,
    tile,
    (index) => `${copy.name}_next${index} = ${loadPlace(copy)};`,
  );
}

function storeNext(
  copy: StageCopy,
  tile: WorkgroupTile,
  half: string,
): string[] {
  const { name, stage } = copy;
  return ofEachPlace(
    copy,
    tile,
    (index) => `${name}_stage[${half}]${stage.copied} = ${name}_next${index};`,
  );
}
