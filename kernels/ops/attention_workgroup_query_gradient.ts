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
  pairSums,
} from "./attention_workgroup_pairs.ts";
import {
  stagedIndex,
  stagedRow,
  stagedRows,
} from "./attention_workgroup_stage.ts";
import type { WorkgroupTile } from "./attention_workgroup_tile.ts";
import type { KernelSource } from "./kernel_source.ts";
import { LOG2_E } from "./online_softmax.ts";

/**
 * Gradient by the queries, and `delta`, as the kernel on registers gives them;
 * one tile of queries of one head per workgroup, keys and values staged.
 */
export function workgroupQueryGradient(
  layout: AttentionLayout,
  tile: WorkgroupTile,
): KernelSource {
  const { length, heads, headDim } = layout;
  const { held, lanes, slice, staged, turn } = tile;
  const chunks = headDim / 4;
  const row = packedWidth(layout) / 4;
  const scale = 1 / Math.sqrt(headDim);
  const keys = stagedRows(tile, "tile_k");
  return {
    name: `attention_dq_workgroup_${held}x${lanes}x${staged}`,
    bindings: [
      { name: "qkv", element: "vec4<f32>", access: "read" },
      ...maskBindings(layout),
      { name: "result", element: "vec4<f32>", access: "read" },
      { name: "upstream", element: "vec4<f32>", access: "read" },
      { name: "lse", element: "f32", access: "read" },
      { name: "delta", element: "f32", access: "write" },
      { name: "gradient", element: "vec4<f32>", access: "write" },
    ],
    body: `
${keyMemory(tile)}
${exchangeMemory(tile, 2 * held * turn)}
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
  let mark_${i} = own_${i} * ${heads}u + head;
  let lse_${i} = lse[mark_${i}] * ${LOG2_E};
  let weighted_${i} = mark_${i} * ${chunks}u + lane * ${slice}u;
  var delta_${i} = 0.0;
  ${
            unrolled(slice, (c) => `
  let q_${i}_${c} = ${scale * LOG2_E} * qkv[query_${i} + ${c}u];
  let u_${i}_${c} = upstream[weighted_${i} + ${c}u];
  delta_${i} += dot(u_${i}_${c}, result[weighted_${i} + ${c}u]);
  var d_${i}_${c} = vec4<f32>();`)
          }`)
        }
  ${exchange(tile, Array.from({ length: held }, (_, i) => `delta_${i}`))}
  ${
          overKeys(
            layout,
            tile,
            `
    ${keys.declared}
    ${
              pairSums(tile, [
                { name: "s", held: "q", other: keys.at },
                {
                  name: "p",
                  held: "u",
                  other: (j, c) => `tile_v${stagedIndex(j, c)}`,
                },
              ])
            }
    ${exchange(tile, [...pairsOf(tile, "s"), ...pairsOf(tile, "p")])}
    ${
              unrolled(turn, (j) =>
                unrolled(held, (i) => `
    s_${i}_${j} = select(
      0.0, exp2(s_${i}_${j} - lse_${i}) * (p_${i}_${j} - delta_${i}), ${
                  visible(
                    layout,
                    `place_${i}`,
                    stagedRow(tile, "key", j),
                    `seen_${i}`,
                  )
                });`))
            }
    ${
              unrolled(turn, (j) =>
                unrolled(slice, (c) => `
    ${
                  unrolled(
                    held,
                    (i) => `d_${i}_${c} += s_${i}_${j} * ${keys.at(j, c)};`,
                  )
                }`))
            }`,
          )
        }
  ${
          unrolled(held, (i) => `
  if (place_${i} < ${length}u) {
    if (lane == 0u) { delta[mark_${i}] = delta_${i}; }
    ${
            unrolled(
              slice,
              (c) => `gradient[query_${i} + ${c}u] = d_${i}_${c} * ${scale};`,
            )
          }
  }`)
        }`,
      )
    }`,
  };
}
