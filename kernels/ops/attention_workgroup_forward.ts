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
  tellRows,
} from "./attention_workgroup_owners.ts";
import { pairSums } from "./attention_workgroup_pairs.ts";
import { stagedIndex, stagedRow } from "./attention_workgroup_stage.ts";
import type { WorkgroupTile } from "./attention_workgroup_tile.ts";
import type { KernelSource } from "./kernel_source.ts";
import {
  LOG2_E,
  softmaxState,
  softmaxWeights,
  valueSums,
  weightedValues,
} from "./online_softmax.ts";

/**
 * Attention of a tile of queries of one head per workgroup. Keys and values are
 * staged in workgroup memory; queries are held by one invocation, or by several
 * with a slice of the head each, of which one adds up the parts of a query's
 * scores and takes their softmax.
 */
export function workgroupForward(
  layout: AttentionLayout,
  tile: WorkgroupTile,
): KernelSource {
  const { length, heads, headDim } = layout;
  const { held, lanes, slice, staged, turn, pairs } = tile;
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
  ${
            unrolled(
              slice,
              (c) => `let q_${i}_${c} = ${scale} * qkv[query_${i} + ${c}u];`,
            )
          }`)
        }
  ${softmaxState(pairs.rows)}
  ${valueSums(held, slice)}
  ${
          overKeys(
            layout,
            tile,
            `
    ${
              pairSums(tile, [{
                name: "s",
                held: "q",
                other: (j, c) => `tile_k${stagedIndex(j, c)}`,
              }])
            }
    ${
              byOwners(tile, {
                sums: ["s"],
                results: ["s"],
                rowResult: "a",
                body: unrolled(pairs.rows, (r) =>
                  softmaxWeights({
                    keys: turn,
                    visible: (i, j) =>
                      visible(
                        layout,
                        `mine_${i}`,
                        stagedRow(tile, "key", j),
                        `seen_${i}`,
                      ),
                  }, r)),
              })
            }
    ${
              weightedValues({
                queries: held,
                keys: turn,
                chunks: slice,
                loadValue: (j, c) => `tile_v${stagedIndex(j, c)}`,
              })
            }`,
          )
        }
  ${
          unrolled(pairs.rows, (r) => `
  if (${ownsRow(layout, tile, r)}) {
    lse[(start + mine_${r}) * ${heads}u + head] =
      (m_${r} + log2(l_${r})) * ${Math.LN2};
  }`)
        }
  ${tellRows(tile, "share", (r) => `1.0 / l_${r}`)}
  ${
          unrolled(held, (i) => `
  if (place_${i} < ${length}u) {
    let to = (own_${i} * ${heads}u + head) * ${chunks}u + lane * ${slice}u;
    ${unrolled(slice, (c) => `result[to + ${c}u] = o_${i}_${c} * share_${i};`)}
  }`)
        }`,
      )
    }`,
  };
}
