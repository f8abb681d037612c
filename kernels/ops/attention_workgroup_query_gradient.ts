import {
  type AttentionLayout,
  packedWidth,
  unrolled,
} from "./attention_layout.ts";
import { maskBindings, visible } from "./attention_mask.ts";
import { keyMemory, overKeys } from "./attention_workgroup_keys.ts";
import { sharedEdge, workgroupMain } from "./attention_workgroup_main.ts";
import {
  byOwners,
  ownersMemory,
  ownsRow,
} from "./attention_workgroup_owners.ts";
import { pairSums } from "./attention_workgroup_pairs.ts";
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
  const { held, lanes, slice, staged, turn, pairs } = tile;
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
${ownersMemory(tile)}
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
  let weighted_${i} = (own_${i} * ${heads}u + head) * ${chunks}u +
    lane * ${slice}u;
  ${
            unrolled(slice, (c) => `
  let q_${i}_${c} = ${scale * LOG2_E} * qkv[query_${i} + ${c}u];
  let u_${i}_${c} = upstream[weighted_${i} + ${c}u];
  var d_${i}_${c} = vec4<f32>();`)
          }`)
        }
  ${
          unrolled(pairs.rows, (r) => `
  let mark_${r} = (start + min(mine_${r}, ${length - 1}u)) * ${heads}u + head;
  let lse_${r} = lse[mark_${r}] * ${LOG2_E};
  var delta_${r} = 0.0;
  for (var chunk = 0u; chunk < ${chunks}u; chunk++) {
    let at = mark_${r} * ${chunks}u + chunk;
    delta_${r} += dot(upstream[at], result[at]);
  }
  if (${ownsRow(layout, tile, r)}) {
    delta[mark_${r}] = delta_${r};
  }`)
        }
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
    ${
              byOwners(tile, {
                sums: ["s", "p"],
                results: ["s"],
                body: unrolled(pairs.rows, (r) =>
                  unrolled(pairs.others, (j) => `
    s_${r}_${j} = select(
      0.0, exp2(s_${r}_${j} - lse_${r}) * (p_${r}_${j} - delta_${r}), ${
                    visible(
                      layout,
                      `mine_${r}`,
                      stagedRow(tile, "key", j),
                      `seen_${r}`,
                    )
                  });`)),
              })
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
