import { type TurnRows, unrolled } from "./attention_layout.ts";
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

/** What a workgroup stages of one block of rows. */
export interface StagedBlock {
  /** Arrays of {@linkcode stagedType}. */
  readonly arrays: readonly string[];
  /** WGSL position of the block's first row, and of the next block's. */
  readonly first: string;
  readonly next: string;
  /**
   * WGSL that copies `chunk` of the block's row number `row`, of every array to
   * where `to` says. Rows past the end have to be read elsewhere.
   */
  copy(first: string, to: (array: string) => string): string;
}

/** WGSL that stages blocks one after the other. */
export interface Staging {
  /** Before the loop over blocks. */
  readonly ahead: string;
  /** Between barriers, for a block. */
  readonly staged: string;
  /** After them, so that loads of the next block take place meanwhile. */
  readonly next: string;
}

/**
 * How the rows of blocks are staged: ahead where an invocation stages one vector
 * of an array. Where it stages more there are no registers to keep them in, but
 * turns long enough for other workgroups to fill the time that loads take.
 */
export function staging(tile: WorkgroupTile, block: StagedBlock): Staging {
  const { lanes, slice, staged, turn } = tile;
  const chunks = lanes * slice;
  const invocations = invocationsOf(tile);
  const vectors = staged * chunks;
  const own = (index: string) => `
      let row = ${index} / ${chunks}u;
      let chunk = ${index} % ${chunks}u;`;
  const indices = `
      let row_turn = row / ${turn}u;
      let row_place = row % ${turn}u;
      let chunk_lane = chunk / ${slice}u;
      let chunk_place = chunk % ${slice}u;`;
  const stagedAt = (array: string) =>
    `${array}[row_turn][row_place][chunk_lane][chunk_place]`;
  if (vectors > invocations) {
    return {
      ahead: "",
      staged: `for (var i = local; i < ${vectors}u; i += ${invocations}u) {
      ${own("i")}
      ${indices}
      ${block.copy(block.first, stagedAt)}
    }`,
      next: "",
    };
  }
  const aheadOf = (array: string) => `${array}_ahead`;
  const loaded = (first: string) =>
    `{
      ${own("local")}
      ${block.copy(first, aheadOf)}
    }`;
  return {
    ahead: `${
      block.arrays.map((array) => `var ${aheadOf(array)}: vec4<f32>;`)
        .join("\n")
    }
    ${loaded(block.first)}`,
    staged: `if (local < ${vectors}u) {
      ${own("local")}
      ${indices}
      ${
      block.arrays.map((array) => `${stagedAt(array)} = ${aheadOf(array)};`)
        .join("\n")
    }
    }`,
    next: loaded(block.next),
  };
}

/** WGSL indices of a chunk of the slice of staged row number `row` of the turn. */
export function stagedIndex(row: number, chunk: number): string {
  return `[turn][${row}][lane][${chunk}]`;
}

/** WGSL: position of staged row number `row` of those that own rows pair with. */
export function stagedRow(
  { turn }: WorkgroupTile,
  first: string,
  row: number,
): string {
  return `${first} + turn * ${turn}u + other_first + ${row}u`;
}

/** WGSL that runs `body` for every `turn`. */
export function turns({ staged, turn }: WorkgroupTile, body: string): string {
  // Where invocations exchange parts, one turn takes all that is staged.
  if (turn === staged) return `{\nconst turn = 0u;\n${body}\n}`;
  return `for (var turn = 0u; turn < ${staged / turn}u; turn++) {\n${body}\n}`;
}

/** Vectors of a turn that invocations keep from one use to the next. */
const KEPT = 16;

/** Rows of the staged array `array`, kept in registers where few are used twice. */
export function stagedRows(
  { slice, turn }: WorkgroupTile,
  array: string,
): TurnRows {
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
