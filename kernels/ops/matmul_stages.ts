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

/** A staged block: `lines` lines of `width` vec4, `pitch` vec4 apart. */
export interface Stage {
  /** Number of lines. */
  readonly lines: number;
  /** Fours of a line. */
  readonly width: number;
  /** Fours from one line to the next. */
  readonly pitch: number;
}

/**
 * The staged blocks keep the storage's own order, so that copying needs no
 * transposition. Where lines run along the depth, neighbouring invocations
 * read the same place of different lines: one vec4 more a line keeps those in
 * different memory banks.
 */
export function stages(
  layout: MatmulProblem["layout"],
  tile: WorkgroupTile,
): { readonly a: Stage; readonly b: Stage } {
  const { stageDepth } = tile;
  const along = (lines: number): Stage => ({
    lines,
    width: stageDepth / 4,
    pitch: stageDepth / 4 + 1,
  });
  const across = (length: number): Stage => ({
    lines: stageDepth,
    width: length / 4,
    pitch: length / 4,
  });
  const rows = tile.tileRows * tile.groupRows;
  const columns = tile.tileColumns * tile.groupColumns;
  return {
    a: layout === "tn" ? across(rows) : along(rows),
    b: layout === "nt" ? along(columns) : across(columns),
  };
}

/** A block to be copied. */
export interface StageCopy {
  /** Which operand. */
  readonly name: "a" | "b";
  /** Where it is staged. */
  readonly stage: Stage;
  /** Whether its lines are depths. */
  readonly across: boolean;
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
 * While a block is multiplied, the next one is loaded into registers; then it
 * is stored where the block before was. Which half that is comes of a flag, not
 * of the half before: so compilers can see that places stay inside the array,
 * and need not keep them inside, which WebGPU has them do.
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
    ...copies.flatMap((copy) => storeNext(copy, tile, "0u")),
    "var second = false;",
    "workgroupBarrier();",
    "loop {",
    "if (start >= end) { break; }",
    ...copies.map((copy) => `let ${copy.name}_half = ${half(copy)};`),
    `start += ${tile.stageDepth}u;`,
    "if (start < end) {",
    ...copies.flatMap((copy) => loadNext(copy, tile)),
    "}",
    ...multiply,
    "second = !second;",
    "if (start < end) {",
    ...copies.flatMap((copy) => storeNext(copy, tile, half(copy))),
    "}",
    "workgroupBarrier();",
    "}",
  ];
}

/** Where the half of an operand's blocks starts that `second` tells. */
function half({ stage }: StageCopy): string {
  return `select(0u, ${stage.lines * stage.pitch}u, second)`;
}

/** Statements that copy one block, all invocations taking part. */
function copyNow(copy: StageCopy, tile: WorkgroupTile): string[] {
  const { name, stage } = copy;
  const invocations = tile.groupRows * tile.groupColumns;
  const total = stage.lines * stage.width;
  return [
    `for (var slot = local_index; slot < ${total}u; slot += ${invocations}u) {`,
    `let line = slot / ${stage.width}u;`,
    `let place = slot % ${stage.width}u;`,
    `${name}_stage[line * ${stage.pitch}u + place] = ${loadPlace(copy)};`,
    "}",
  ];
}

/** What belongs at a line and a place of a block. */
function loadPlace({ name, across, origin }: StageCopy): string {
  const line = across ? "start + line" : `${origin} + line`;
  const place = across ? `${origin} + place * 4u` : "start + place * 4u";
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
    (index) =>
      `${name}_stage[${half} + line * ${stage.pitch}u + place] = ` +
      `${name}_next${index};`,
  );
}
