import { packedWidth, unrolled } from "./attention_layout.ts";
import type { KernelSource } from "./kernel_source.ts";
import { linearMain } from "./launch.ts";
import { LOG2_E } from "./online_softmax.ts";
import { vectorElement, vectorWidth } from "./vector_width.ts";

/** Sizes of an attention of new rows over cached positions. */
export interface CacheLayout {
  /** First row that the kernel computes. */
  readonly firstRow: number;
  /** Rows that it computes. */
  readonly rows: number;
  /** Positions that the caches have room for, P. */
  readonly positions: number;
  /** Query heads, H. */
  readonly heads: number;
  /** Key and value heads. */
  readonly kvHeads: number;
  /** Elements of a head, D. */
  readonly headDim: number;
  /** Keys that a query sees, at most P. */
  readonly window: number;
}

/** A linear kernel and how many invocations it takes. */
export interface LinearKernel {
  /** The kernel. */
  readonly kernel: KernelSource;
  /** Invocations. */
  readonly items: number;
}

/** Keys that an invocation scores. */
const KEYS = 4;

/** Score of a key that a query does not see: its weight is zero. */
const UNSEEN = "-2e30";

/** Stores new keys and values behind those that the caches hold. */
export function writeCacheKernel(layout: CacheLayout): LinearKernel {
  const { rows, positions, heads, kvHeads, headDim } = layout;
  const width = vectorWidth(headDim);
  const element = vectorElement(width);
  const cached = kvHeads * headDim / width;
  const row = packedWidth(layout) / width;
  return {
    items: rows * cached,
    kernel: {
      name: "write_cache",
      bindings: [
        { name: "keys", element, access: "write" },
        { name: "values", element, access: "write" },
        { name: "qkv", element, access: "read" },
        { name: "position", element: "u32", access: "read" },
      ],
      body: linearMain(
        rows * cached,
        `
  let row = index / ${cached}u;
  let column = index % ${cached}u;
  // Checked before it is added to, so that no position wraps around.
  if (position[0] >= ${positions}u) { return; }
  let place = position[0] + row;
  if (place >= ${positions}u) { return; }
  let source = row * ${row}u + ${heads * headDim / width}u + column;
  keys[place * ${cached}u + column] = qkv[source];
  values[place * ${cached}u + column] = qkv[source + ${cached}u];`,
      ),
    },
  };
}

/**
 * Scores in base 2 `(R, H, P)` of the keys that some row of a tile sees; one
 * invocation takes a few keys and a tile of rows.
 */
export function scoresKernel(layout: CacheLayout): LinearKernel {
  const { firstRow, rows, positions, heads, kvHeads, headDim, window } = layout;
  const width = vectorWidth(headDim);
  const element = vectorElement(width);
  const head = headDim / width;
  const row = packedWidth(layout) / width;
  const tile = rowTile(rows);
  const blocks = Math.ceil(positions / KEYS);
  const items = blocks * heads * rows / tile;
  const product = (a: string, b: string) =>
    width === 4 ? `dot(${a}, ${b})` : `${a} * ${b}`;
  return {
    items,
    kernel: {
      name: `cached_attention_scores_${tile}`,
      bindings: [
        { name: "scores", element: "f32", access: "write" },
        { name: "qkv", element, access: "read" },
        { name: "keys", element, access: "read" },
        { name: "position", element: "u32", access: "read" },
      ],
      body: linearMain(
        items,
        `
  let key = index % ${blocks}u * ${KEYS}u;
  let head = index / ${blocks}u % ${heads}u;
  let row = index / ${blocks * heads}u * ${tile}u;
  ${rangeOf(layout, tile)}
  if (key >= end || key + ${KEYS}u <= begin) { return; }
  let query = (${firstRow}u + row) * ${row}u + head * ${head}u;
  let at = head / ${heads / kvHeads}u * ${head}u;
  ${
          unrolled(KEYS, (j) =>
            `let at_${j} = min(key + ${j}u, ${positions - 1}u) * ${
              kvHeads * head
            }u + at;`)
        }
  ${unrolled(tile, (i) => unrolled(KEYS, (j) => `var s_${i}_${j} = 0.0;`))}
  for (var item = 0u; item < ${head}u; item++) {
    ${
          unrolled(
            tile,
            (i) => `let q_${i} = qkv[query + ${i * row}u + item];`,
          )
        }
    ${
          unrolled(KEYS, (j) => `
    let k_${j} = keys[at_${j} + item];
    ${
            unrolled(
              tile,
              (i) => `s_${i}_${j} += ${product(`q_${i}`, `k_${j}`)};`,
            )
          }`)
        }
  }
  ${
          unrolled(KEYS, (j) => `
  if (key + ${j}u < ${positions}u) {
    ${
            unrolled(tile, (i) => `
    scores[((row + ${i}u) * ${heads}u + head) * ${positions}u + key + ${j}u] =
      select(
        ${UNSEEN},
        s_${i}_${j} * ${LOG2_E / Math.sqrt(headDim)},
        key + ${j}u <= place + ${i}u &&
          key + ${j + window}u > place + ${i}u,
      );`)
          }
  }`)
        }`,
      ),
    },
  };
}

/**
 * Weighted values over one of several runs of keys: sums `(R, H, S, D)`, and
 * with them `(R, H, S, 2)` the largest score of the run and the sum of weights
 * relative to it.
 */
export function valuesKernel(
  layout: CacheLayout,
  splits: number,
): LinearKernel {
  const { firstRow, rows, positions, heads, kvHeads, headDim } = layout;
  const width = vectorWidth(headDim);
  const element = vectorElement(width);
  const head = headDim / width;
  const tile = rowTile(rows);
  const items = head * splits * heads * rows / tile;
  return {
    items,
    kernel: {
      name: `cached_attention_values_${tile}`,
      bindings: [
        { name: "sums", element, access: "write" },
        { name: "marks", element: "vec2<f32>", access: "write" },
        { name: "scores", element: "f32", access: "read" },
        { name: "values", element, access: "read" },
        { name: "position", element: "u32", access: "read" },
      ],
      body: linearMain(
        items,
        `
  let item = index % ${head}u;
  let split = index / ${head}u % ${splits}u;
  let head = index / ${head * splits}u % ${heads}u;
  let row = index / ${head * splits * heads}u * ${tile}u;
  ${rangeOf(layout, tile)}
  let share = (end - begin + ${splits - 1}u) / ${splits}u;
  let first = min(begin + split * share, end);
  let last = min(first + share, end);
  let at = head / ${heads / kvHeads}u * ${head}u + item;
  ${
          unrolled(tile, (i) => `
  let scores_${i} = ((row + ${i}u) * ${heads}u + head) * ${positions}u;
  var m_${i} = -1e30;
  var l_${i} = 0.0;
  var o_${i} = ${element}(0.0);`)
        }
  for (var key = first; key < last; key++) {
    ${
          unrolled(
            tile,
            (i) => `m_${i} = max(m_${i}, scores[scores_${i} + key]);`,
          )
        }
  }
  for (var key = first; key < last; key++) {
    let v = values[key * ${kvHeads * head}u + at];
    ${
          unrolled(tile, (i) => `
    let p_${i} = exp2(scores[scores_${i} + key] - m_${i});
    l_${i} += p_${i};
    o_${i} += p_${i} * v;`)
        }
  }
  ${
          unrolled(tile, (i) => `
  let to_${i} = ((${
            firstRow + i
          }u + row) * ${heads}u + head) * ${splits}u + split;
  sums[to_${i} * ${head}u + item] = o_${i};
  if (item == 0u) { marks[to_${i}] = vec2<f32>(m_${i}, l_${i}); }`)
        }`,
      ),
    },
  };
}

/** Puts the runs of keys together, in order. */
export function combineKernel(
  { rows, heads, headDim }: CacheLayout,
  splits: number,
): LinearKernel {
  const width = vectorWidth(headDim);
  const element = vectorElement(width);
  const head = headDim / width;
  const items = rows * heads * head;
  return {
    items,
    kernel: {
      name: "cached_attention_combine",
      bindings: [
        { name: "result", element, access: "write" },
        { name: "sums", element, access: "read" },
        { name: "marks", element: "vec2<f32>", access: "read" },
      ],
      body: linearMain(
        items,
        `
  let item = index % ${head}u;
  let source = index / ${head}u * ${splits}u;
  var most = -1e30;
  for (var split = 0u; split < ${splits}u; split++) {
    most = max(most, marks[source + split].x);
  }
  var weight = 0.0;
  var sum = ${element}(0.0);
  for (var split = 0u; split < ${splits}u; split++) {
    let mark = marks[source + split];
    let factor = exp2(mark.x - most);
    weight += mark.y * factor;
    sum += sums[(source + split) * ${head}u + item] * factor;
  }
  result[index] = sum / max(weight, 1e-30);`,
      ),
    },
  };
}

/** Rows that an invocation takes together. */
function rowTile(rows: number): 1 | 4 {
  return rows % 4 === 0 ? 4 : 1;
}

/**
 * WGSL: position `place` of the tile's first row, and the keys from `begin` to
 * before `end` that some row of the tile sees. Positions beyond the caches are
 * taken as their end, where the rows see only what was stored.
 */
function rangeOf(
  { firstRow, positions, window }: CacheLayout,
  tile: number,
): string {
  return `
  let place = min(position[0], ${positions}u) + ${firstRow}u + row;
  let end = min(place + ${tile}u, ${positions}u);
  let begin = min(
    max(place + 1u, ${window}u) - ${window}u,
    ${positions - 1}u,
  );`;
}
