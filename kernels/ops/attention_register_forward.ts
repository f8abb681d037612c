import {
  type AttentionLayout,
  headAccess,
  packedWidth,
  unrolled,
} from "./attention_layout.ts";
import { firstSeen, maskBindings, visible } from "./attention_mask.ts";
import {
  keyRange,
  keysAndValues,
  type RegisterTile,
  tileMain,
  tileName,
} from "./attention_register_tile.ts";
import type { AttentionSource } from "./attention_source.ts";
import type { KernelSource } from "./kernel_source.ts";
import {
  LOG2_E,
  softmaxState,
  softmaxTurn,
  valueSums,
} from "./online_softmax.ts";

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
  source: AttentionSource,
): KernelSource {
  const { operands, load } = source;
  const { length, heads, kvHeads, headDim } = layout;
  const { element, unit, chunks, store } = headAccess(headDim);
  const row = packedWidth(layout) / unit;
  const head = headDim / unit;
  const scale = LOG2_E / Math.sqrt(headDim);
  const { rows, turn } = tile;
  const at = (i: number) => `(start + min(mine + ${i}u, ${length - 1}u))`;
  const { keys, values } = keysAndValues(layout, tile, source);
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
