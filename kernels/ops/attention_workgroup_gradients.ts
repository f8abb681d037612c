import {
  type AttentionLayout,
  packedWidth,
  unrolled,
} from "./attention_layout.ts";
import {
  firstKey,
  firstSeen,
  maskBindings,
  maskFunctions,
  queriesEnd,
  visible,
} from "./attention_mask.ts";
import {
  exchange,
  exchangeMemory,
  seenKeys,
  sharedEdge,
  stagedIndex,
  turns,
  uniformly,
  workgroupMain,
  type WorkgroupTile,
} from "./attention_workgroup_kernels.ts";
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
  const { length, heads, kvHeads, headDim } = layout;
  const { rows, lanes, staged, turn } = tile;
  const chunks = headDim / 4;
  const slice = chunks / lanes;
  const row = packedWidth(layout) / 4;
  const scale = 1 / Math.sqrt(headDim);
  const at = (j: number, c: number) => stagedIndex(tile, chunks, j, c);
  const pairs = Array.from({ length: turn }, (_, j) => [`s_${j}`, `p_${j}`]);
  return {
    name: `attention_dq_workgroup_${rows}x${lanes}x${staged}`,
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
var<workgroup> tile_k: array<vec4<f32>, ${staged * chunks}>;
var<workgroup> tile_v: array<vec4<f32>, ${staged * chunks}>;
${exchangeMemory(tile, 2)}
${sharedEdge(layout)}
${
      workgroupMain(
        layout,
        heads,
        tile,
        "descending",
        `
  let keys = start * ${row}u +
    (${heads}u + head / ${heads / kvHeads}u) * ${chunks}u;
  let values = keys + ${kvHeads * chunks}u;
  let own = start + min(place, ${length - 1}u);
  let query = own * ${row}u + head * ${chunks}u + lane * ${slice}u;
  let mark = own * ${heads}u + head;
  let weighted = mark * ${chunks}u + lane * ${slice}u;
  let own_lse = lse[mark] * ${LOG2_E};
  var own_delta = 0.0;
  ${
          unrolled(slice, (c) => `
  let q_${c} = ${scale * LOG2_E} * qkv[query + ${c}u];
  let u_${c} = upstream[weighted + ${c}u];
  own_delta += dot(u_${c}, result[weighted + ${c}u]);
  var d_${c} = vec4<f32>();`)
        }
  ${exchange(tile, ["own_delta"])}
  ${seenKeys(layout)}
  let end = min(first + ${rows}u, ${length}u);
  for (var key = ${
          firstKey(layout, staged, "edge_seen")
        }; key < end; key += ${staged}u) {
    workgroupBarrier();
    for (var i = local; i < ${staged * chunks}u; i += ${rows * lanes}u) {
      let at = min(key + i / ${chunks}u, ${length - 1}u) * ${row}u +
        i % ${chunks}u;
      tile_k[i] = qkv[keys + at];
      tile_v[i] = qkv[values + at];
    }
    workgroupBarrier();
    ${
          turns(
            tile,
            `
    ${
              unrolled(turn, (j) => `
    var s_${j} = 0.0;
    var p_${j} = 0.0;
    ${
                unrolled(slice, (c) => `
    s_${j} += dot(q_${c}, tile_k[${at(j, c)}]);
    p_${j} += dot(u_${c}, tile_v[${at(j, c)}]);`)
              }`)
            }
    ${exchange(tile, pairs.flat())}
    ${
              unrolled(turn, (j) => `
    s_${j} = select(0.0, exp2(s_${j} - own_lse) * (p_${j} - own_delta), ${
                visible(layout, "place", `key + turn + ${j}u`, "seen")
              });
    ${
                unrolled(
                  slice,
                  (c) => `d_${c} += s_${j} * tile_k[${at(j, c)}];`,
                )
              }`)
            }`,
          )
        }
  }
  if (place < ${length}u) {
    if (lane == 0u) { delta[mark] = own_delta; }
    ${unrolled(slice, (c) => `gradient[query + ${c}u] = d_${c} * ${scale};`)}
  }`,
      )
    }`,
  };
}

/**
 * Gradients by keys and values, as the kernel on registers gives them; one tile
 * of keys of one key head per workgroup, queries and upstream gradient staged.
 */
export function workgroupKeyGradient(
  layout: AttentionLayout,
  tile: WorkgroupTile,
): KernelSource {
  const { length, heads, kvHeads, headDim } = layout;
  const { rows, lanes, staged, turn } = tile;
  const chunks = headDim / 4;
  const slice = chunks / lanes;
  const row = packedWidth(layout) / 4;
  const scale = 1 / Math.sqrt(headDim);
  const group = heads / kvHeads;
  const at = (i: number, c: number) => stagedIndex(tile, chunks, i, c);
  const pairs = Array.from({ length: turn }, (_, i) => [`p_${i}`, `s_${i}`]);
  return {
    name: `attention_dkv_workgroup_${rows}x${lanes}x${staged}`,
    bindings: [
      { name: "qkv", element: "vec4<f32>", access: "read" },
      ...maskBindings(layout),
      { name: "upstream", element: "vec4<f32>", access: "read" },
      { name: "lse", element: "f32", access: "read" },
      { name: "delta", element: "f32", access: "read" },
      { name: "gradient", element: "vec4<f32>", access: "write" },
    ],
    body: `
var<workgroup> tile_q: array<vec4<f32>, ${staged * chunks}>;
var<workgroup> tile_u: array<vec4<f32>, ${staged * chunks}>;
var<workgroup> tile_marks: array<vec2<f32>, ${staged}>;
${layout.masked ? `var<workgroup> tile_seen: array<u32, ${staged}>;` : ""}
${exchangeMemory(tile, 2)}
${sharedEdge(layout)}
${maskFunctions(layout)}
${
      workgroupMain(
        layout,
        kvHeads,
        tile,
        "ascending",
        `
  let own = start + min(place, ${length - 1}u);
  let key_at = own * ${row}u + (${heads}u + head) * ${chunks}u +
    lane * ${slice}u;
  let value_at = key_at + ${kvHeads * chunks}u;
  ${
          unrolled(slice, (c) => `
  let k_${c} = ${scale * LOG2_E} * qkv[key_at + ${c}u];
  let v_${c} = qkv[value_at + ${c}u];
  var dk_${c} = vec4<f32>();
  var dv_${c} = vec4<f32>();`)
        }
  ${layout.masked ? uniformly(queriesEnd(layout, rows)) : ""}
  let end = ${layout.masked ? "edge_seen" : queriesEnd(layout, rows)};
  for (var member = 0u; member < ${group}u; member++) {
    let query_head = head * ${group}u + member;
    for (var query = first; query < end; query += ${staged}u) {
      workgroupBarrier();
      for (var i = local; i < ${staged * chunks}u; i += ${rows * lanes}u) {
        let from_row = start + min(query + i / ${chunks}u, ${length - 1}u);
        let chunk = query_head * ${chunks}u + i % ${chunks}u;
        tile_q[i] = qkv[from_row * ${row}u + chunk];
        tile_u[i] = upstream[from_row * ${heads * chunks}u + chunk];
      }
      if (local < ${staged}u) {
        let mark = (start + min(query + local, ${length - 1}u)) * ${heads}u +
          query_head;
        tile_marks[local] = vec2<f32>(lse[mark] * ${LOG2_E}, delta[mark]);
        ${
          layout.masked
            ? `let asking = min(query + local, ${length - 1}u);
        tile_seen[local] = ${firstSeen("start + asking", "asking")};`
            : ""
        }
      }
      workgroupBarrier();
      ${
          turns(
            tile,
            `
      ${
              unrolled(turn, (i) => `
      var p_${i} = 0.0;
      var s_${i} = 0.0;
      ${
                unrolled(slice, (c) => `
      p_${i} += dot(k_${c}, tile_q[${at(i, c)}]);
      s_${i} += dot(v_${c}, tile_u[${at(i, c)}]);`)
              }`)
            }
      ${exchange(tile, pairs.flat())}
      ${
              unrolled(turn, (i) => `
      let marks_${i} = tile_marks[turn + ${i}u];
      p_${i} = select(0.0, exp2(p_${i} - marks_${i}.x), ${
                visible(
                  layout,
                  `query + turn + ${i}u`,
                  "place",
                  `tile_seen[turn + ${i}u]`,
                )
              } && query + turn + ${i}u < ${length}u);
      s_${i} = p_${i} * (s_${i} - marks_${i}.y);
      ${
                unrolled(slice, (c) => `
      dk_${c} += s_${i} * tile_q[${at(i, c)}];
      dv_${c} += p_${i} * tile_u[${at(i, c)}];`)
              }`)
            }`,
          )
        }
    }
  }
  if (place < ${length}u) {
    ${
          unrolled(slice, (c) => `
    gradient[key_at + ${c}u] = dk_${c} * ${scale};
    gradient[value_at + ${c}u] = dv_${c};`)
        }
  }`,
      )
    }`,
  };
}
