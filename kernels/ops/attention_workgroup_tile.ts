import type { Capabilities } from "../runtime/capabilities.ts";
import { type AttentionLayout, unrolled } from "./attention_layout.ts";
import { firstSeen } from "./attention_mask.ts";

/** Bytes of a vector and of a number in workgroup memory. */
const VECTOR_BYTES = 16;
const NUMBER_BYTES = 4;

/**
 * Rows of a workgroup and its fewest invocations, about. The more rows, the less
 * is staged for each, but the more of a tile lies beyond what its rows see.
 */
const ROWS = 64;
const INVOCATIONS = 64;

/** Most rows that an invocation holds. */
const HELD = 4;

/** Bytes of workgroup memory of which multiprocessors have several times. */
const ROOMY = 16_384;

/** How a workgroup shares its rows and what it stages. */
export interface WorkgroupTile {
  /** Rows of a workgroup. */
  readonly rows: number;
  /** Rows that an invocation holds, one below the other. */
  readonly held: number;
  /** Invocations of a row, each with a slice of the head. */
  readonly lanes: number;
  /** Vectors of a slice. */
  readonly slice: number;
  /** Rows of the other side that are staged in workgroup memory at a time. */
  readonly staged: number;
  /** Staged rows that are taken per turn. */
  readonly turn: number;
}

/** What an invocation of a workgroup holds. */
export interface WorkgroupShare {
  /** Most vectors of a head's slice, where heads have few enough of them. */
  readonly slice: number;
  /** Most vectors of all rows that it holds. */
  readonly vectors: number;
  /** Numbers that invocations exchange per pair of rows. */
  readonly exchanged: number;
}

/**
 * A tile for heads of a size. What is loaded from workgroup memory serves all
 * rows that an invocation holds, and only few loads a multiplication come in
 * time: so several invocations share a row, that each may hold several.
 *
 * @param headDim Size of a head.
 * @param share What an invocation holds.
 * @param masked Whether queries are told what they see.
 * @param capabilities The device's.
 * @returns Undefined where heads are no whole vectors, do not split evenly, or
 * do not fit into workgroup memory.
 */
export function workgroupTile(
  headDim: number,
  share: WorkgroupShare,
  masked: boolean,
  { limits }: Capabilities,
): WorkgroupTile | undefined {
  const chunks = headDim / 4;
  if (!Number.isInteger(chunks)) return undefined;
  const even = [1, 2, 3, 4, 5, 6, 7, 8].filter((count) => chunks % count === 0);
  const lanes = even.find((count) => chunks / count <= share.slice) ??
    Math.max(...even);
  const slice = chunks / lanes;
  const most = Math.min(HELD, Math.floor(share.vectors / slice));
  if (most < 1) return undefined;
  const teams = Math.max(
    Math.ceil(ROWS / most),
    Math.floor(INVOCATIONS / lanes),
  );
  const held = Math.min(most, Math.floor(2 * ROWS / teams));
  if (
    teams * lanes > limits.maxComputeInvocationsPerWorkgroup ||
    teams * lanes > limits.maxComputeWorkgroupSizeX
  ) return undefined;
  const marks = masked ? 3 : 2;
  const tileOf = (staged: number) => ({
    rows: teams * held,
    held,
    lanes,
    slice,
    staged,
    turn: lanes > 1 ? staged : 4,
  });
  const bytes = (tile: WorkgroupTile) =>
    VECTOR_BYTES *
      (2 * tile.staged * lanes * stagedSlice(tile) +
        (lanes > 1
          ? teams * lanes *
            Math.ceil(held * tile.turn * share.exchanged / 4)
          : 0)) +
    NUMBER_BYTES * (tile.staged * marks + (masked ? 1 : 0));
  return (lanes > 1 ? [8, 4, 2, 1] : [16, 8, 4]).map(tileOf).find((tile) =>
    bytes(tile) <= Math.min(ROOMY, limits.maxComputeWorkgroupStorageSize)
  );
}

/** Vectors of a staged slice: one more keeps slices in other memory banks. */
function stagedSlice({ lanes, slice }: WorkgroupTile): number {
  return lanes === 1 ? slice : slice + 1;
}

/** Workgroups of a kernel that tiles `length` rows of `heads` heads. */
export function workgroupCount(
  { batches, length }: AttentionLayout,
  heads: number,
  { rows }: WorkgroupTile,
): number {
  return batches * heads * Math.ceil(length / rows);
}

/** WGSL that declares a number of the whole workgroup, where there is a mask. */
export function sharedEdge({ masked }: AttentionLayout): string {
  return masked ? "var<workgroup> edge: u32;" : "";
}

/** WGSL: a number that one invocation finds and all know, in uniform flow. */
export function uniformly(value: string): string {
  return `if (local == 0u) { edge = ${value}; }
  let edge_seen = workgroupUniformLoad(&edge);`;
}

/** WGSL: first keys that an invocation's own queries see, and the tile's. */
export function seenKeys(
  { masked, length }: AttentionLayout,
  { held }: WorkgroupTile,
): string {
  if (!masked) return "";
  return `${
    unrolled(held, (i) => {
      const place = `min(place_${i}, ${length - 1}u)`;
      return `let seen_${i} = ${firstSeen(`own_${i}`, place)};`;
    })
  }
  ${uniformly(firstSeen("start + first", "first"))}`;
}

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

/** Names `<name>_<held row>_<row of the turn>` of all pairs. */
export function pairsOf(
  { held, turn }: WorkgroupTile,
  name: string,
): string[] {
  return Array.from(
    { length: held * turn },
    (_, pair) => `${name}_${Math.floor(pair / turn)}_${pair % turn}`,
  );
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

/** A product of every pair of rows. */
export interface PairProduct {
  /** Sums are named `<name>_<held row>_<row of the turn>`. */
  readonly name: string;
  /** What the invocation holds is named `<held>_<row>_<chunk>`. */
  readonly held: string;
  /** WGSL of a chunk of a row of the turn. */
  other(row: number, chunk: number): string;
}

/** WGSL that declares products of every pair of rows. */
export function pairSums(
  { held, slice, turn }: WorkgroupTile,
  products: readonly PairProduct[],
): string {
  return unrolled(turn, (j) => `
    ${
    unrolled(held, (i) =>
      products.map(({ name }) =>
        `var ${name}_${i}_${j} = 0.0;`
      ).join(" "))
  }
    ${
    unrolled(slice, (c) =>
      products.map(({ name, held: own, other }) => `
    {
      let other = ${other(j, c)};
      ${
        unrolled(
          held,
          (i) => `${name}_${i}_${j} += dot(${own}_${i}_${c}, other);`,
        )
      }
    }`).join(""))
  }`);
}

function invocationsOf({ rows, held, lanes }: WorkgroupTile): number {
  return rows / held * lanes;
}

/** WGSL that declares the memory of {@linkcode exchange}. */
export function exchangeMemory(
  { rows, held, lanes }: WorkgroupTile,
  numbers: number,
): string {
  if (lanes === 1) return "";
  const team = `array<vec4<f32>, ${lanes}>`;
  return `var<workgroup> parts: array<array<${team}, ${rows / held}>, ${
    Math.ceil(numbers / 4)
  }>;`;
}

/** WGSL that adds up variables over the invocations of a row, in order. */
export function exchange(
  { lanes }: WorkgroupTile,
  variables: readonly string[],
): string {
  if (lanes === 1) return "";
  const fours = Array.from(
    { length: Math.ceil(variables.length / 4) },
    (_, index) => variables.slice(index * 4, index * 4 + 4),
  );
  return `
${
    fours.map((names, index) => {
      const values = [0, 1, 2, 3].map((place) => names[place] ?? "0.0");
      return `parts[${index}][team][lane] = vec4(${values.join(", ")});`;
    }).join("\n")
  }
workgroupBarrier();
${
    fours.map((names, index) => {
      const parts = Array.from(
        { length: lanes },
        (_, lane) => `parts[${index}][team][${lane}]`,
      );
      return `{ let sum = ${parts.join(" + ")}; ${
        names.map((name, place) => `${name} = sum[${place}];`).join(" ")
      } }`;
    }).join("\n")
  }`;
}

/**
 * WGSL of an entry point with one workgroup per tile and head: `first` is the
 * tile's first position, `place_<i>` the positions of the rows that the
 * invocation holds, which may lie past the end, `own_<i>` those rows, `team` its
 * row of invocations, `lane` its slice, `start` the sequence's first row, `head`
 * the head.
 */
export function workgroupMain(
  { batches, length }: AttentionLayout,
  heads: number,
  tile: WorkgroupTile,
  order: "ascending" | "descending",
  body: string,
): string {
  const { rows, held, lanes } = tile;
  const tiles = Math.ceil(length / rows);
  const across = batches * heads;
  return `
@compute @workgroup_size(${invocationsOf(tile)})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index >= ${across * tiles}u) { return; }
  let first = ${
    order === "ascending"
      ? `index / ${across}u`
      : `(${tiles - 1}u - index / ${across}u)`
  } * ${rows}u;
  let start = index % ${across}u / ${heads}u * ${length}u;
  let head = index % ${across}u % ${heads}u;
  let lane = local % ${lanes}u;
  let team = local / ${lanes}u;
  ${
    unrolled(held, (i) => `
  let place_${i} = first + team * ${held}u + ${i}u;
  let own_${i} = start + min(place_${i}, ${length - 1}u);`)
  }
  ${body}
}`;
}
