import type { Capabilities } from "../runtime/capabilities.ts";
import {
  type AttentionLayout,
  packedWidth,
  unrolled,
} from "./attention_layout.ts";
import {
  firstKey,
  firstSeen,
  maskBindings,
  visible,
} from "./attention_mask.ts";
import type { KernelSource } from "./kernel_source.ts";
import { LOG2_E, softmaxState, softmaxTurn } from "./online_softmax.ts";

/** Bytes of a vector and of a number in workgroup memory. */
const VECTOR_BYTES = 16;
const NUMBER_BYTES = 4;

/** How a workgroup shares its rows and what it stages. */
export interface WorkgroupTile {
  /** Rows of a workgroup. */
  readonly rows: number;
  /** Invocations of a row, each with a slice of the head. */
  readonly lanes: number;
  /** Rows of the other side that are staged in workgroup memory at a time. */
  readonly staged: number;
  /** Staged rows that are taken per turn. */
  readonly turn: number;
}

/**
 * A tile in which an invocation holds at most `slice` vectors of a head.
 *
 * @param exchanged Numbers that the invocations of a row exchange per staged row.
 * @param masked Whether queries are told what they see.
 * @returns Undefined where heads are no whole vectors, do not split evenly, or
 * do not fit into workgroup memory.
 */
export function workgroupTile(
  headDim: number,
  slice: number,
  exchanged: number,
  masked: boolean,
  { limits }: Capabilities,
): WorkgroupTile | undefined {
  const chunks = headDim / 4;
  if (!Number.isInteger(chunks)) return undefined;
  const lanes = [1, 2, 3, 4, 5, 6, 7, 8].find((count) =>
    chunks % count === 0 && chunks / count <= slice
  );
  if (!lanes) return undefined;
  const rows = lanes === 1 ? 64 : Math.floor(128 / lanes);
  if (
    rows * lanes > limits.maxComputeInvocationsPerWorkgroup ||
    rows * lanes > limits.maxComputeWorkgroupSizeX
  ) return undefined;
  const marks = masked ? 3 : 2;
  const bytes = (staged: number) =>
    (masked ? NUMBER_BYTES : 0) +
    staged * (2 * chunks * VECTOR_BYTES + marks * NUMBER_BYTES +
        (lanes > 1 ? exchanged * rows * lanes * NUMBER_BYTES : 0));
  const staged = (lanes > 1 ? [8, 4, 2, 1] : [16, 8, 4]).find((count) =>
    bytes(count) <= limits.maxComputeWorkgroupStorageSize
  );
  if (!staged) return undefined;
  return { rows, lanes, staged, turn: lanes > 1 ? staged : 4 };
}

/** Workgroups of a kernel that tiles `length` rows of `heads` heads. */
export function workgroupCount(
  { batches, length }: AttentionLayout,
  heads: number,
  { rows }: WorkgroupTile,
): number {
  return batches * heads * Math.ceil(length / rows);
}

/**
 * Attention of a tile of queries of one head per workgroup. Keys and values are
 * staged in workgroup memory; a query is held by one invocation, or by several
 * with a slice of the head each, which add up their parts of the scores.
 */
export function workgroupForward(
  layout: AttentionLayout,
  tile: WorkgroupTile,
): KernelSource {
  const { length, heads, kvHeads, headDim } = layout;
  const { rows, lanes, staged, turn } = tile;
  const chunks = headDim / 4;
  const slice = chunks / lanes;
  const row = packedWidth(layout) / 4;
  const scale = LOG2_E / Math.sqrt(headDim);
  return {
    name: `attention_workgroup_${rows}x${lanes}x${staged}`,
    bindings: [
      { name: "qkv", element: "vec4<f32>", access: "read" },
      ...maskBindings(layout),
      { name: "result", element: "vec4<f32>", access: "write" },
      { name: "lse", element: "f32", access: "write" },
    ],
    body: `
var<workgroup> tile_k: array<vec4<f32>, ${staged * chunks}>;
var<workgroup> tile_v: array<vec4<f32>, ${staged * chunks}>;
${exchangeMemory(tile, 1)}
${sharedEdge(layout)}
${
      workgroupMain(
        layout,
        heads,
        tile,
        "descending",
        `
  let keys = start * ${row}u + (${heads}u + head / ${
          heads / kvHeads
        }u) * ${chunks}u;
  let values = keys + ${kvHeads * chunks}u;
  let own = start + min(place, ${length - 1}u);
  let query = own * ${row}u + head * ${chunks}u + lane * ${slice}u;
  ${
          unrolled(
            slice,
            (c) => `let q_0_${c} = ${scale} * qkv[query + ${c}u];`,
          )
        }
  ${softmaxState({ queries: 1, chunks: slice })}
  ${seenKeys(layout)}
  let end = min(first + ${rows}u, ${length}u);
  for (var key = ${
          firstKey(layout, staged, "edge_seen")
        }; key < end; key += ${staged}u) {
    workgroupBarrier();
    for (var i = local; i < ${staged * chunks}u; i += ${rows * lanes}u) {
      let at = min(key + i / ${chunks}u, ${
          length - 1
        }u) * ${row}u + i % ${chunks}u;
      tile_k[i] = qkv[keys + at];
      tile_v[i] = qkv[values + at];
    }
    workgroupBarrier();
    ${
          turns(
            tile,
            softmaxTurn({
              queries: 1,
              keys: turn,
              chunks: slice,
              loadKey: (j, c) => `tile_k[${stagedIndex(tile, chunks, j, c)}]`,
              loadValue: (j, c) => `tile_v[${stagedIndex(tile, chunks, j, c)}]`,
              visible: (_i, j) =>
                visible(layout, "place", `key + turn + ${j}u`, "seen"),
              afterScores: exchange(
                tile,
                Array.from({ length: turn }, (_, j) => `s_0_${j}`),
              ),
            }),
          )
        }
  }
  if (place < ${length}u) {
    let share = 1.0 / l_0;
    let to = (own * ${heads}u + head) * ${chunks}u + lane * ${slice}u;
    ${unrolled(slice, (c) => `result[to + ${c}u] = o_0_${c} * share;`)}
    if (lane == 0u) {
      lse[own * ${heads}u + head] = (m_0 + log2(l_0)) * ${Math.LN2};
    }
  }`,
      )
    }`,
  };
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

/** WGSL: first key that the invocation's own query sees, and the tile's first. */
export function seenKeys({ masked, length }: AttentionLayout): string {
  if (!masked) return "";
  const place = `min(place, ${length - 1}u)`;
  return `let seen = ${firstSeen("own", place)};
  ${uniformly(firstSeen("start + first", "first"))}`;
}

/** WGSL: index of a chunk of the slice of staged row number `row` of the turn. */
export function stagedIndex(
  { lanes }: WorkgroupTile,
  chunks: number,
  row: number,
  chunk: number,
): string {
  return `(turn + ${row}u) * ${chunks}u + lane * ${
    chunks / lanes
  }u + ${chunk}u`;
}

/** WGSL that runs `body` for every turn, with its first row as `turn`. */
export function turns({ staged, turn }: WorkgroupTile, body: string): string {
  // Where invocations exchange parts, one turn takes all that is staged.
  if (turn === staged) return `{\nconst turn = 0u;\n${body}\n}`;
  return `for (var turn = 0u; turn < ${staged}u; turn += ${turn}u) {\n${body}\n}`;
}

/** WGSL that declares the memory of {@linkcode exchange}. */
export function exchangeMemory(
  { rows, lanes, turn }: WorkgroupTile,
  numbers: number,
): string {
  if (lanes === 1) return "";
  return `var<workgroup> parts: array<f32, ${rows * lanes * turn * numbers}>;`;
}

/** WGSL that adds up variables over the invocations of a row, in order. */
export function exchange(
  { rows, lanes }: WorkgroupTile,
  variables: readonly string[],
): string {
  if (lanes === 1) return "";
  const part = (index: number, lane: string) =>
    `parts[${index * rows * lanes}u + ${lane}]`;
  return `
${
    variables.map((name, index) => `${part(index, "local")} = ${name};`)
      .join("\n")
  }
workgroupBarrier();
${
    variables.map((name, index) =>
      `${name} = ${
        Array.from(
          { length: lanes },
          (_, lane) => part(index, `local - lane + ${lane}u`),
        ).join(" + ")
      };`
    ).join("\n")
  }`;
}

/**
 * WGSL of an entry point with one workgroup per tile and head: `first` is the
 * tile's first position, `place` the invocation's own, which may lie past the
 * end, `lane` its slice, `start` the sequence's first row, `head` the head.
 */
export function workgroupMain(
  { batches, length }: AttentionLayout,
  heads: number,
  { rows, lanes }: WorkgroupTile,
  order: "ascending" | "descending",
  body: string,
): string {
  const tiles = Math.ceil(length / rows);
  const across = batches * heads;
  return `
@compute @workgroup_size(${rows * lanes})
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
  let place = first + local / ${lanes}u;
  ${body}
}`;
}
