import {
  type AttentionLayout,
  headAccess,
  packedWidth,
  type TurnRows,
  unrolled,
} from "./attention_layout.ts";
import { firstKey, firstSeen } from "./attention_mask.ts";
import type { AttentionSource } from "./attention_source.ts";
import { sharedVectors, SHARING } from "./lane_sharing.ts";

/** Invocations per workgroup: small, so that few tiles still fill all cores. */
const REGISTER_WORKGROUP = 8;

/** Tile of an invocation, or of each of the invocations of a workgroup. */
export interface RegisterTile {
  /** Rows that an invocation holds in registers. */
  readonly rows: number;
  /** Rows of the other side that it reads per turn. */
  readonly turn: number;
  /**
   * Whether a workgroup takes neighbouring tiles of one head, so that its
   * invocations share what they read.
   */
  readonly shared?: boolean;
}

/** Rows of a head that go over the same rows of the other side. */
export function rowsTogether({ rows, shared }: RegisterTile): number {
  return shared ? rows * SHARING : rows;
}

/** How kernels of a tile are named, or variants by what else they read. */
export function tileName(
  { rows, turn, shared }: RegisterTile,
  alone: "registers" | "texels" = "registers",
): string {
  return `${shared ? "broadcast" : alone}_${rows}x${turn}`;
}

/** Workgroups of a kernel that tiles `length` rows of `heads` heads. */
export function registerGroups(
  { batches, length }: AttentionLayout,
  heads: number,
  tile: RegisterTile,
): number {
  const tiles = batches * heads * Math.ceil(length / rowsTogether(tile));
  return tile.shared ? tiles : Math.ceil(tiles / REGISTER_WORKGROUP);
}

/**
 * WGSL of an entry point with one invocation per tile and head, or one workgroup
 * for as many tiles as it has invocations: `first` is the first position that
 * is gone over together, `mine` the invocation's own first, `start` the
 * sequence's first row, `head` the head.
 */
export function tileMain(
  layout: AttentionLayout,
  heads: number,
  tile: RegisterTile,
  order: "ascending" | "descending",
  body: string,
): string {
  const { shared, rows } = tile;
  const together = rowsTogether(tile);
  const lanes = layout.batches * heads;
  const tiles = Math.ceil(layout.length / together);
  return `
@compute @workgroup_size(${shared ? SHARING : REGISTER_WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(${
    shared ? "subgroup_invocation_id" : "local_invocation_index"
  }) lane: u32,
) {
  let group_index = group.y * groups.x + group.x;
  let index = ${
    shared ? "group_index" : `group_index * ${REGISTER_WORKGROUP}u + lane`
  };
  if (index >= ${lanes * tiles}u) { return; }
  let first = ${
    order === "ascending"
      ? `index / ${lanes}u`
      : `(${tiles - 1}u - index / ${lanes}u)`
  } * ${together}u;
  let mine = first${shared ? ` + lane * ${rows}u` : ""};
  let start = index % ${lanes}u / ${heads}u * ${layout.length}u;
  let head = index % ${lanes}u % ${heads}u;
  ${body}
}`;
}

/** WGSL that opens the loop over keys that the queries of a tile see. */
export function keyRange(layout: AttentionLayout, tile: RegisterTile): string {
  const { length, masked } = layout;
  const { turn } = tile;
  return `${
    masked ? `let first_seen = ${firstSeen("start + first", "first")};` : ""
  }
  let end = min(first + ${rowsTogether(tile)}u, ${length}u);
  for (var key = ${
    firstKey(layout, turn, "first_seen")
  }; key < end; key += ${turn}u) {`;
}

/**
 * Rows of a turn, read by every invocation or by all together.
 *
 * @param base WGSL of where a row's head starts, by its number in the turn,
 * which is WGSL; rows past the end have to be read elsewhere.
 */
export function turnRows(
  { turn, shared }: RegisterTile,
  chunks: number,
  name: string,
  base: (row: string) => string,
  load: (base: string, chunk: number) => string,
): TurnRows {
  if (!shared) {
    return {
      declared: unrolled(
        turn,
        (row) => `let ${name}_at${row} = ${base(`${row}u`)};`,
      ),
      at: (row, chunk) => load(`${name}_at${row}`, chunk),
    };
  }
  const vectors = sharedVectors(
    name,
    turn * chunks,
    (number) =>
      load(`${base(`${number} / ${chunks}u`)} + ${number} % ${chunks}u`, 0),
  );
  return {
    declared: vectors.declared,
    at: (row, chunk) => vectors.at(row * chunks + chunk),
  };
}

/** Keys and values of a turn, by `keys`, `values` and `key` of the kernel. */
export function keysAndValues(
  layout: AttentionLayout,
  tile: RegisterTile,
  { load }: AttentionSource,
): { readonly keys: TurnRows; readonly values: TurnRows } {
  const { unit, chunks } = headAccess(layout.headDim);
  const row = packedWidth(layout) / unit;
  const from = (name: string, start: string) =>
    turnRows(
      tile,
      chunks,
      name,
      (j) => `${start} + min(key + ${j}, ${layout.length - 1}u) * ${row}u`,
      (base, chunk) => load("qkv", base, chunk),
    );
  return { keys: from("k", "keys"), values: from("v", "values") };
}
