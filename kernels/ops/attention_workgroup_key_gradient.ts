import {
  type AttentionLayout,
  packedWidth,
  unrolled,
} from "./attention_layout.ts";
import {
  firstSeen,
  maskBindings,
  maskFunctions,
  queriesEnd,
  visible,
} from "./attention_mask.ts";
import {
  sharedEdge,
  uniformly,
  workgroupMain,
} from "./attention_workgroup_main.ts";
import { byOwners, ownersMemory } from "./attention_workgroup_owners.ts";
import { pairSums } from "./attention_workgroup_pairs.ts";
import {
  stagedIndex,
  stagedRow,
  stagedRows,
  stagedType,
  staging,
  turns,
} from "./attention_workgroup_stage.ts";
import type { WorkgroupTile } from "./attention_workgroup_tile.ts";
import type { KernelSource } from "./kernel_source.ts";
import { LOG2_E } from "./online_softmax.ts";

/**
 * Gradients by keys and values, as the kernel on registers gives them; one tile
 * of keys of one key head per workgroup, queries and upstream gradient staged.
 */
export function workgroupKeyGradient(
  layout: AttentionLayout,
  tile: WorkgroupTile,
): KernelSource {
  const { length, heads, kvHeads, headDim } = layout;
  const { rows, held, lanes, slice, staged, turn, pairs } = tile;
  const chunks = headDim / 4;
  const row = packedWidth(layout) / 4;
  const scale = 1 / Math.sqrt(headDim);
  const group = heads / kvHeads;
  const queries = stagedRows(tile, "tile_q");
  const stage = staging(tile, {
    arrays: ["tile_q", "tile_u"],
    first: "query",
    next: `query + ${staged}u`,
    copy: (first, to) => `
      let from_row = start + min(${first} + row, ${length - 1}u);
      let from_chunk = query_head * ${chunks}u + chunk;
      ${to("tile_q")} = qkv[from_row * ${row}u + from_chunk];
      ${to("tile_u")} = upstream[from_row * ${heads * chunks}u + from_chunk];`,
  });
  // Loads of numbers of the queries, which the barrier's end must not wait for.
  const marksAhead = (first: string) => `
      if (local < ${staged}u) {
        let asking = min(${first} + local, ${length - 1}u);
        let mark = (start + asking) * ${heads}u + query_head;
        marks_ahead = vec2(lse[mark], delta[mark]);
        ${
    layout.masked
      ? `seen_ahead = ${firstSeen("start + asking", "asking")};`
      : ""
  }
      }`;
  return {
    name: `attention_dkv_workgroup_${held}x${lanes}x${staged}`,
    bindings: [
      { name: "qkv", element: "vec4<f32>", access: "read" },
      ...maskBindings(layout),
      { name: "upstream", element: "vec4<f32>", access: "read" },
      { name: "lse", element: "f32", access: "read" },
      { name: "delta", element: "f32", access: "read" },
      { name: "gradient", element: "vec4<f32>", access: "write" },
    ],
    body: `
var<workgroup> tile_q: ${stagedType(tile)};
var<workgroup> tile_u: ${stagedType(tile)};
var<workgroup> tile_marks: array<array<vec2<f32>, ${turn}>, ${staged / turn}>;
${
      layout.masked
        ? `var<workgroup> tile_seen: array<array<u32, ${turn}>, ${
          staged / turn
        }>;`
        : ""
    }
${ownersMemory(tile)}
${sharedEdge(layout)}
${maskFunctions(layout)}
${
      workgroupMain(
        layout,
        kvHeads,
        tile,
        "ascending",
        `
  ${
          unrolled(held, (i) => `
  let key_${i} = own_${i} * ${row}u + (${heads}u + head) * ${chunks}u +
    lane * ${slice}u;
  let value_${i} = key_${i} + ${kvHeads * chunks}u;
  ${
            unrolled(slice, (c) => `
  let k_${i}_${c} = ${scale * LOG2_E} * qkv[key_${i} + ${c}u];
  let v_${i}_${c} = qkv[value_${i} + ${c}u];
  var dk_${i}_${c} = vec4<f32>();
  var dv_${i}_${c} = vec4<f32>();`)
          }`)
        }
  ${layout.masked ? uniformly(queriesEnd(layout, rows)) : ""}
  let end = ${layout.masked ? "edge_seen" : queriesEnd(layout, rows)};
  for (var member = 0u; member < ${group}u; member++) {
    let query_head = head * ${group}u + member;
    var query = first;
    ${stage.ahead}
    var marks_ahead: vec2<f32>;
    ${layout.masked ? "var seen_ahead: u32;" : ""}
    ${marksAhead("query")}
    for (; query < end; query += ${staged}u) {
      workgroupBarrier();
      ${stage.staged}
      if (local < ${staged}u) {
        tile_marks[local / ${turn}u][local % ${turn}u] =
          vec2(marks_ahead.x * ${LOG2_E}, marks_ahead.y);
        ${
          layout.masked
            ? `tile_seen[local / ${turn}u][local % ${turn}u] = seen_ahead;`
            : ""
        }
      }
      workgroupBarrier();
      ${stage.next}
      ${marksAhead(`query + ${staged}u`)}
      ${
          turns(
            tile,
            `
      ${queries.declared}
      ${
              pairSums(tile, [
                {
                  name: "p",
                  held: "k",
                  other: queries.at,
                },
                {
                  name: "s",
                  held: "v",
                  other: (i, c) => `tile_u${stagedIndex(i, c)}`,
                },
              ])
            }
      ${
              byOwners(tile, {
                sums: ["p", "s"],
                results: ["p", "s"],
                body: unrolled(pairs.others, (j) => `
      {
        let asking = ${stagedRow(tile, "query", j)};
        let marks = tile_marks[turn][other_first + ${j}u];
        ${
                  unrolled(pairs.rows, (r) => `
        p_${r}_${j} = select(0.0, exp2(p_${r}_${j} - marks.x), ${
                    visible(
                      layout,
                      "asking",
                      `mine_${r}`,
                      `tile_seen[turn][other_first + ${j}u]`,
                    )
                  } && asking < ${length}u);
        s_${r}_${j} = p_${r}_${j} * (s_${r}_${j} - marks.y);`)
                }
      }`),
              })
            }
      ${
              unrolled(turn, (j) => `
      {
        ${
                unrolled(slice, (c) => `
        {
          let q = ${queries.at(j, c)};
          let u = tile_u${stagedIndex(j, c)};
          ${
                  unrolled(held, (i) => `
          dk_${i}_${c} += s_${i}_${j} * q;
          dv_${i}_${c} += p_${i}_${j} * u;`)
                }
        }`)
              }
      }`)
            }`,
          )
        }
    }
  }
  ${
          unrolled(held, (i) => `
  if (place_${i} < ${length}u) {
    ${
            unrolled(slice, (c) => `
    gradient[key_${i} + ${c}u] = dk_${i}_${c} * ${scale};
    gradient[value_${i} + ${c}u] = dv_${i}_${c};`)
          }
  }`)
        }`,
      )
    }`,
  };
}
