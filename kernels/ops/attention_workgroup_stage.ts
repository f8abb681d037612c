import { unrolled } from "./attention_layout.ts";
import {
  invocationsOf,
  stagedSlice,
  type WorkgroupTile,
} from "./attention_workgroup_tile.ts";

/**
 * WGSL type of what is staged of one operand: turns of rows of slices. Arrays
 * in arrays, because WebGPU keeps every index inside its array that is not
 * constant: an invocation picks its slice once, and in it all are.
 */
export function stagedType(tile: WorkgroupTile): string {
  const { lanes, staged, turn } = tile;
  const slices = `array<array<vec4<f32>, ${stagedSlice(tile)}>, ${lanes}>`;
  return `array<array<${slices}, ${turn}>, ${staged / turn}>`;
}

/** WGSL indices of what {@linkcode stageRows} copies. */
export const STAGED = "[row_turn][row_place][chunk_lane][chunk_place]";

/** WGSL that runs `copy` for every `chunk` of every staged `row`. */
export function stageRows(tile: WorkgroupTile, copy: string): string {
  const { lanes, slice, staged, turn } = tile;
  const chunks = lanes * slice;
  const invocations = invocationsOf(tile);
  return `for (var i = local; i < ${staged * chunks}u; i += ${invocations}u) {
      let row = i / ${chunks}u;
      let chunk = i % ${chunks}u;
      let row_turn = row / ${turn}u;
      let row_place = row % ${turn}u;
      let chunk_lane = chunk / ${slice}u;
      let chunk_place = chunk % ${slice}u;
      ${copy}
    }`;
}

/** WGSL indices of a chunk of the slice of staged row number `row` of the turn. */
export function stagedIndex(row: number, chunk: number): string {
  return `[turn][${row}][lane][${chunk}]`;
}

/** WGSL: position of staged row number `row` of the turn. */
export function stagedRow(
  { turn }: WorkgroupTile,
  first: string,
  row: number,
): string {
  return `${first} + turn * ${turn}u + ${row}u`;
}

/** WGSL that runs `body` for every `turn`. */
export function turns({ staged, turn }: WorkgroupTile, body: string): string {
  // Where invocations exchange parts, one turn takes all that is staged.
  if (turn === staged) return `{\nconst turn = 0u;\n${body}\n}`;
  return `for (var turn = 0u; turn < ${staged / turn}u; turn++) {\n${body}\n}`;
}

/** Vectors of a turn that invocations keep from one use to the next. */
const KEPT = 16;

/** How a kernel reads what is staged of an operand twice a turn. */
export interface StagedRows {
  /** WGSL that comes before the first use. */
  readonly declared: string;
  /** WGSL of a chunk of a row of the turn. */
  at(row: number, chunk: number): string;
}

/** Rows of the staged array `array`, kept in registers where they are few. */
export function stagedRows(
  { slice, turn }: WorkgroupTile,
  array: string,
): StagedRows {
  const staged = (row: number, chunk: number) =>
    `${array}${stagedIndex(row, chunk)}`;
  if (turn * slice > KEPT) return { declared: "", at: staged };
  const name = (row: number, chunk: number) => `${array}_${row}_${chunk}`;
  const declared = unrolled(
    turn,
    (row) =>
      unrolled(
        slice,
        (chunk) => `let ${name(row, chunk)} = ${staged(row, chunk)};`,
      ),
  );
  return { declared, at: name };
}
