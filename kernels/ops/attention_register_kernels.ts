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
import {
  LOG2_E,
  softmaxState,
  softmaxTurn,
  valueSums,
} from "./online_softmax.ts";

/** Invocations per workgroup: small, so that few tiles still fill all cores. */
export const REGISTER_WORKGROUP = 8;

/** Tile of an invocation. */
export interface RegisterTile {
  /** Rows that an invocation holds in registers. */
  readonly rows: number;
  /** Rows of the other side that it reads per turn. */
  readonly turn: number;
}

/** Invocations of a kernel that tiles `length` rows of `heads` heads. */
export function registerItems(
  layout: AttentionLayout,
  heads: number,
  tile: RegisterTile,
): number {
  return layout.batches * heads * Math.ceil(layout.length / tile.rows);
}

/**
 * Attention of a tile of queries of one head per invocation; queries and
 * results stay in registers and each key and value read serves all of them.
 * Neighbouring invocations take the same tile of different heads, so that the
 * lanes of a vector run equally long; the longest tiles come first.
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
  const at = (i: number) => `(start + min(first + ${i}u, ${length - 1}u))`;
  return {
    name: `attention_registers_${rows}x${turn}`,
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
            ? `let seen_${i} = ${firstSeen(`row_${i}`, `first + ${i}u`)};`
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
  let end = min(first + ${rows}u, ${length}u);
  for (var key = ${
        firstKey(layout, turn, "seen_0")
      }; key < end; key += ${turn}u) {
    ${
        unrolled(
          turn,
          (j) => `let at_${j} = min(key + ${j}u, ${length - 1}u) * ${row}u;`,
        )
      }
    ${
        softmaxTurn({
          queries: rows,
          keys: turn,
          chunks,
          loadKey: (j, c) => load("qkv", `keys + at_${j}`, c),
          loadValue: (j, c) => load("qkv", `values + at_${j}`, c),
          visible: (i, j) =>
            visible(layout, `first + ${i}u`, `key + ${j}u`, `seen_${i}`),
        })
      }
  }
  ${
        unrolled(rows, (i) => `
  if (first + ${i}u < ${length}u) {
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
 * WGSL of an entry point with one invocation per tile and head: `first` is the
 * tile's first position, `start` the sequence's first row, `head` the head.
 */
export function tileMain(
  layout: AttentionLayout,
  heads: number,
  tile: RegisterTile,
  order: "ascending" | "descending",
  body: string,
): string {
  const lanes = layout.batches * heads;
  const tiles = Math.ceil(layout.length / tile.rows);
  return `
@compute @workgroup_size(${REGISTER_WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * ${REGISTER_WORKGROUP}u + local;
  if (index >= ${lanes * tiles}u) { return; }
  let first = ${
    order === "ascending"
      ? `index / ${lanes}u`
      : `(${tiles - 1}u - index / ${lanes}u)`
  } * ${tile.rows}u;
  let start = index % ${lanes}u / ${heads}u * ${layout.length}u;
  let head = index % ${lanes}u % ${heads}u;
  ${body}
}`;
}
