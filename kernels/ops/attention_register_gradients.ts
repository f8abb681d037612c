import {
  type AttentionLayout,
  headAccess,
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
  keyRange,
  keysAndValues,
  type RegisterTile,
  rowsTogether,
  tileMain,
  tileName,
  turnRows,
} from "./attention_register_tile.ts";
import type { AttentionSource } from "./attention_source.ts";
import type { KernelSource } from "./kernel_source.ts";
import { LOG2_E } from "./online_softmax.ts";

/**
 * Gradient by the queries, and `delta`, the row sums of upstream gradient times
 * result that the gradient by keys needs too. One tile of queries of one head
 * per invocation; weights are computed again from the saved log-sum-exp.
 */
export function registerQueryGradient(
  layout: AttentionLayout,
  tile: RegisterTile,
  source: AttentionSource,
): KernelSource {
  const { operands, load } = source;
  const { length, heads, kvHeads, headDim } = layout;
  const access = headAccess(headDim);
  const { element, unit, chunks, store } = access;
  const row = packedWidth(layout) / unit;
  const head = headDim / unit;
  const scale = 1 / Math.sqrt(headDim);
  const { rows, turn } = tile;
  const { keys, values } = keysAndValues(layout, tile, source);
  return {
    name: `attention_dq_${tileName(tile)}`,
    extensions: tile.shared ? ["subgroups"] : [],
    bindings: [
      ...operands("qkv", "upstream"),
      ...maskBindings(layout),
      { name: "result", element, access: "read" },
      { name: "lse", element: "f32", access: "read" },
      { name: "delta", element: "f32", access: "write" },
      { name: "gradient", element, access: "write" },
    ],
    body: tileMain(
      layout,
      heads,
      tile,
      "descending",
      `
  let keys = start * ${row}u +
    (${heads}u + head / ${heads / kvHeads}u) * ${head}u;
  let values = keys + ${kvHeads * head}u;
  ${
        unrolled(rows, (i) => `
  let row_${i} = start + min(mine + ${i}u, ${length - 1}u);
  ${
          layout.masked
            ? `let seen_${i} = ${firstSeen(`row_${i}`, `mine + ${i}u`)};`
            : ""
        }
  let query_${i} = row_${i} * ${row}u + head * ${head}u;
  let of_${i} = (row_${i} * ${heads}u + head) * ${head}u;
  let lse_${i} = lse[row_${i} * ${heads}u + head] * ${LOG2_E};
  var delta_${i} = 0.0;
  ${
          unrolled(chunks, (c) => `
  let q_${i}_${c} = ${scale * LOG2_E} * ${load("qkv", `query_${i}`, c)};
  let u_${i}_${c} = ${load("upstream", `of_${i}`, c)};
  delta_${i} += dot(u_${i}_${c}, ${access.load("result", `of_${i}`, c)});
  var d_${i}_${c} = vec4<f32>();`)
        }`)
      }
  ${keyRange(layout, tile)}
    ${keys.declared}
    ${values.declared}
    ${
        unrolled(turn, (j) => `
    ${unrolled(chunks, (c) => `let k_${j}_${c} = ${keys.at(j, c)};`)}
    ${
          unrolled(
            rows,
            (i) =>
              `var s_${i}_${j} = -lse_${i}; var p_${i}_${j} = -delta_${i};`,
          )
        }
    ${
          unrolled(chunks, (c) =>
            `{
      let v = ${values.at(j, c)};
      ${
              unrolled(rows, (i) => `
      s_${i}_${j} += dot(q_${i}_${c}, k_${j}_${c});
      p_${i}_${j} += dot(u_${i}_${c}, v);`)
            }
    }`)
        }
    ${
          unrolled(rows, (i) => `
    s_${i}_${j} = select(0.0, exp2(s_${i}_${j}) * p_${i}_${j}, ${
            visible(layout, `mine + ${i}u`, `key + ${j}u`, `seen_${i}`)
          });`)
        }`)
      }
    ${
        unrolled(
          rows,
          (i) =>
            unrolled(chunks, (c) =>
              `d_${i}_${c} += ${
                Array.from(
                  { length: turn },
                  (_, j) => `s_${i}_${j} * k_${j}_${c}`,
                ).join(" + ")
              };`),
        )
      }
  }
  ${
        unrolled(rows, (i) => `
  if (mine + ${i}u < ${length}u) {
    delta[row_${i} * ${heads}u + head] = delta_${i};
    ${
          unrolled(
            chunks,
            (c) => store("gradient", `query_${i}`, c, `d_${i}_${c} * ${scale}`),
          )
        }
  }`)
      }`,
    ),
  };
}

/**
 * Gradients by keys and values. One tile of keys of one key head per
 * invocation; it goes over the queries that see them, of every query head that
 * the key head serves, so that nothing is added across invocations.
 */
export function registerKeyGradient(
  layout: AttentionLayout,
  tile: RegisterTile,
  { operands, markBindings, load, marks }: AttentionSource,
): KernelSource {
  const { length, heads, kvHeads, headDim } = layout;
  const { element, unit, chunks, store } = headAccess(headDim);
  const row = packedWidth(layout) / unit;
  const head = headDim / unit;
  const scale = 1 / Math.sqrt(headDim);
  const { rows, turn } = tile;
  const group = heads / kvHeads;
  const rowOf = (i: string) => `(start + min(query + ${i}, ${length - 1}u))`;
  const queries = turnRows(
    tile,
    chunks,
    "q",
    (i) => `${rowOf(i)} * ${row}u + query_head * ${head}u`,
    (base, chunk) => load("qkv", base, chunk),
  );
  const upstream = turnRows(
    tile,
    chunks,
    "u",
    (i) => `(${rowOf(i)} * ${heads}u + query_head) * ${head}u`,
    (base, chunk) => load("upstream", base, chunk),
  );
  const sum = (term: (i: number) => string) =>
    Array.from({ length: turn }, (_, i) => term(i)).join(" + ");
  return {
    name: `attention_dkv_${tileName(tile)}`,
    extensions: tile.shared ? ["subgroups"] : [],
    bindings: [
      ...operands("qkv", "upstream"),
      ...markBindings,
      ...maskBindings(layout),
      { name: "gradient", element, access: "write" },
    ],
    body: maskFunctions(layout) + tileMain(
      layout,
      kvHeads,
      tile,
      "ascending",
      `
  ${
        unrolled(rows, (j) => `
  let key_${j} = (start + min(mine + ${j}u, ${length - 1}u)) * ${row}u +
    (${heads}u + head) * ${head}u;
  let value_${j} = key_${j} + ${kvHeads * head}u;
  ${
          unrolled(chunks, (c) => `
  let k_${j}_${c} = ${scale * LOG2_E} * ${load("qkv", `key_${j}`, c)};
  let v_${j}_${c} = ${load("qkv", `value_${j}`, c)};
  var dk_${j}_${c} = vec4<f32>();
  var dv_${j}_${c} = vec4<f32>();`)
        }`)
      }
  let end = ${queriesEnd(layout, rowsTogether(tile))};
  for (var member = 0u; member < ${group}u; member++) {
    let query_head = head * ${group}u + member;
    for (var query = first; query < end; query += ${turn}u) {
      ${queries.declared}
      ${upstream.declared}
      ${
        unrolled(turn, (i) => `
      let at_${i} = ${rowOf(`${i}u`)};
      ${
          layout.masked
            ? `let seen_${i} = ${firstSeen(`at_${i}`, `query + ${i}u`)};`
            : ""
        }
      let marks_${i} = ${marks(`at_${i} * ${heads}u + query_head`)};
      let lse_${i} = marks_${i}.x * ${LOG2_E};
      let delta_${i} = marks_${i}.y;
      ${
          unrolled(
            rows,
            (j) =>
              `var p_${i}_${j} = -lse_${i}; var s_${i}_${j} = -delta_${i};`,
          )
        }
      ${
          unrolled(chunks, (c) => `
      let q_${i}_${c} = ${queries.at(i, c)};
      let u_${i}_${c} = ${upstream.at(i, c)};
      ${
            unrolled(rows, (j) => `
      p_${i}_${j} += dot(q_${i}_${c}, k_${j}_${c});
      s_${i}_${j} += dot(u_${i}_${c}, v_${j}_${c});`)
          }`)
        }
      ${
          unrolled(rows, (j) => `
      p_${i}_${j} = select(0.0, exp2(p_${i}_${j}), ${
            visible(layout, `query + ${i}u`, `mine + ${j}u`, `seen_${i}`)
          }${turn > 1 ? ` && query + ${i}u < end` : ""});
      s_${i}_${j} *= p_${i}_${j};`)
        }`)
      }
      ${
        unrolled(rows, (j) =>
          unrolled(chunks, (c) => `
      dk_${j}_${c} += ${sum((i) => `s_${i}_${j} * q_${i}_${c}`)};
      dv_${j}_${c} += ${sum((i) => `p_${i}_${j} * u_${i}_${c}`)};`))
      }
    }
  }
  ${
        unrolled(rows, (j) => `
  if (mine + ${j}u < ${length}u) {
    ${
          unrolled(chunks, (c) => `
    ${store("gradient", `key_${j}`, c, `dk_${j}_${c} * ${scale}`)}
    ${store("gradient", `value_${j}`, c, `dv_${j}_${c}`)}`)
        }
  }`)
      }`,
    ),
  };
}
