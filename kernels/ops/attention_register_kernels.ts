import {
  type AttentionLayout,
  headAccess,
  packedWidth,
  unrolled,
} from "./attention_layout.ts";
import {
  firstKey,
  firstSeen,
  maskBindings,
  visible,
} from "./attention_mask.ts";
import type { AttentionSource } from "./attention_source.ts";
import type { KernelSource } from "./kernel_source.ts";
import { sharedVectors, SHARING } from "./lane_sharing.ts";
import {
  LOG2_E,
  softmaxState,
  softmaxTurn,
  valueSums,
} from "./online_softmax.ts";

/** Invocations per workgroup: small, so that few tiles still fill all cores. */
export const REGISTER_WORKGROUP = 8;

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

/** How kernels of a tile are named. */
export function tileName({ rows, turn, shared }: RegisterTile): string {
  return `${shared ? "broadcast" : "registers"}_${rows}x${turn}`;
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
 * Attention of a tile of queries of one head per invocation; queries and
 * results stay in registers and each key and value read serves all of them.
 * Neighbouring invocations take the same tile of different heads, so that the
 * lanes of a vector run equally long, or neighbouring tiles of one head, whose
 * keys and values they read together; the longest tiles come first.
 */
export function registerForward(
  layout: AttentionLayout,
  tile: RegisterTile,
  { operands, load }: AttentionSource,
): KernelSource {
  const { length, heads, kvHeads, headDim } = layout;
  const { element, unit, chunks, store } = headAccess(headDim);
  const row = packedWidth(layout) / unit;
  const head = headDim / unit;
  const scale = LOG2_E / Math.sqrt(headDim);
  const { rows, turn } = tile;
  const at = (i: number) => `(start + min(mine + ${i}u, ${length - 1}u))`;
  const rowsFrom = (name: string, from: string) =>
    turnRows(
      tile,
      chunks,
      name,
      (j) => `${from} + min(key + ${j}, ${length - 1}u) * ${row}u`,
      (base, chunk) => load("qkv", base, chunk),
    );
  const keys = rowsFrom("k", "keys");
  const values = rowsFrom("v", "values");
  return {
    name: `attention_${tileName(tile)}`,
    extensions: tile.shared ? ["subgroups"] : [],
    bindings: [
      ...operands("qkv"),
      ...maskBindings(layout),
      { name: "result", element, access: "write" },
      { name: "lse", element: "f32", access: "write" },
    ],
    body: tileMain(
      layout,
      heads,
      tile,
      "descending",
      `
  let group_head = head / ${heads / kvHeads}u;
  let keys = start * ${row}u + (${heads}u + group_head) * ${head}u;
  let values = keys + ${kvHeads * head}u;
  ${
        unrolled(rows, (i) => `
  let row_${i} = ${at(i)};
  ${
          layout.masked
            ? `let seen_${i} = ${firstSeen(`row_${i}`, `mine + ${i}u`)};`
            : ""
        }
  ${
          unrolled(
            chunks,
            (c) =>
              `let q_${i}_${c} = ${scale} * ${
                load("qkv", `row_${i} * ${row}u + head * ${head}u`, c)
              };`,
          )
        }`)
      }
  ${softmaxState(rows)}
  ${valueSums(rows, chunks)}
  ${keyRange(layout, tile)}
    ${keys.declared}
    ${values.declared}
    ${
        softmaxTurn({
          queries: rows,
          keys: turn,
          chunks,
          loadKey: keys.at,
          loadValue: values.at,
          visible: (i, j) =>
            visible(layout, `mine + ${i}u`, `key + ${j}u`, `seen_${i}`),
        })
      }
  }
  ${
        unrolled(rows, (i) => `
  if (mine + ${i}u < ${length}u) {
    let share = 1.0 / l_${i};
    let to = (row_${i} * ${heads}u + head) * ${head}u;
    ${unrolled(chunks, (c) => store("result", "to", c, `o_${i}_${c} * share`))}
    lse[row_${i} * ${heads}u + head] =
      (m_${i} + log2(l_${i})) * ${Math.LN2};
  }`)
      }`,
    ),
  };
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

/** How a kernel reads rows of the other side. */
export interface TurnRows {
  /** WGSL at the start of a turn. */
  readonly declared: string;
  /** WGSL of a chunk of a row of the turn. */
  at(row: number, chunk: number): string;
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
