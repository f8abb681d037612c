import {
  type AttentionLayout,
  packedWidth,
  unrolled,
} from "./attention_layout.ts";
import { maskBindings, visible } from "./attention_mask.ts";
import { keyMemory, overKeys } from "./attention_workgroup_keys.ts";
import { sharedEdge, workgroupMain } from "./attention_workgroup_main.ts";
import {
  exchange,
  exchangeMemory,
  pairsOf,
} from "./attention_workgroup_pairs.ts";
import { stagedIndex, stagedRow } from "./attention_workgroup_stage.ts";
import type { WorkgroupTile } from "./attention_workgroup_tile.ts";
import type { KernelSource } from "./kernel_source.ts";
import { LOG2_E, softmaxState, softmaxTurn } from "./online_softmax.ts";

/**
 * Attention of a tile of queries of one head per workgroup. Keys and values are
 * staged in workgroup memory; queries are held by one invocation, or by several
 * with a slice of the head each, which add up their parts of the scores.
 */
export function workgroupForward(
  layout: AttentionLayout,
  tile: WorkgroupTile,
): KernelSource {
  const { length, heads, headDim } = layout;
  const { held, lanes, slice, staged, turn } = tile;
  const chunks = headDim / 4;
  const row = packedWidth(layout) / 4;
  const scale = LOG2_E / Math.sqrt(headDim);
  return {
    name: `attention_workgroup_${held}x${lanes}x${staged}`,
    bindings: [
      { name: "qkv", element: "vec4<f32>", access: "read" },
      ...maskBindings(layout),
      { name: "result", element: "vec4<f32>", access: "write" },
      { name: "lse", element: "f32", access: "write" },
    ],
    body: `
${keyMemory(tile)}
${exchangeMemory(tile, held * turn)}
${sharedEdge(layout)}
${
      workgroupMain(
        layout,
        heads,
        tile,
        "descending",
        `
  ${
          unrolled(held, (i) => `
  let query_${i} = own_${i} * ${row}u + head * ${chunks}u + lane * ${slice}u;
  ${
            unrolled(
              slice,
              (c) => `let q_${i}_${c} = ${scale} * qkv[query_${i} + ${c}u];`,
            )
          }`)
        }
  ${softmaxState({ queries: held, chunks: slice })}
  ${
          overKeys(
            layout,
            tile,
            softmaxTurn({
              queries: held,
              keys: turn,
              chunks: slice,
              loadKey: (j, c) => `tile_k${stagedIndex(j, c)}`,
              loadValue: (j, c) => `tile_v${stagedIndex(j, c)}`,
              visible: (i, j) =>
                visible(
                  layout,
                  `place_${i}`,
                  stagedRow(tile, "key", j),
                  `seen_${i}`,
                ),
              afterScores: exchange(tile, pairsOf(tile, "s")),
            }),
          )
        }
  ${
          unrolled(held, (i) => `
  if (place_${i} < ${length}u) {
    let share = 1.0 / l_${i};
    let mark = own_${i} * ${heads}u + head;
    let to = mark * ${chunks}u + lane * ${slice}u;
    ${unrolled(slice, (c) => `result[to + ${c}u] = o_${i}_${c} * share;`)}
    if (lane == 0u) { lse[mark] = (m_${i} + log2(l_${i})) * ${Math.LN2}; }
  }`)
        }`,
      )
    }`,
  };
}
