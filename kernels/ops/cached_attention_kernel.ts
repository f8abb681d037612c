import type { KernelSource } from "./kernel_source.ts";

/** Sizes of a {@linkcode cachedAttentionKernel}. */
export interface CachedAttentionSizes {
  /** New rows, R. */
  readonly rows: number;
  /** Rows that a cache holds, P. */
  readonly capacity: number;
  /** Query heads, H. */
  readonly heads: number;
  /** Key and value heads. */
  readonly kvHeads: number;
  /** Elements of a head, D. */
  readonly headDim: number;
  /** Keys that a query sees, itself included; may be infinite. */
  readonly window: number;
}

/** Invocations of a workgroup, and keys that it looks at together. */
const LANES = 64;

/**
 * One workgroup computes one head of one new row. It goes through the keys
 * `LANES` at a time: every lane scores one key, then every lane adds up its
 * share of the head's elements over the scored values, with a running maximum
 * (online softmax, Milakov and Gimelshein 2018, arXiv 1805.02867).
 *
 * Bindings: out, qkv, keys, values, position.
 */
export function cachedAttentionKernel(
  sizes: CachedAttentionSizes,
): KernelSource {
  const { rows, capacity, heads, kvHeads, headDim, window } = sizes;
  const packed = (heads + 2 * kvHeads) * headDim;
  const width = kvHeads * headDim;
  const shares = Math.ceil(headDim / LANES);
  const each = (body: (share: number) => string) =>
    Array.from({ length: shares }, (_, share) => body(share)).join("\n");
  const element = (share: number) => `(local + ${share * LANES}u)`;
  const first = Number.isFinite(window)
    ? `select(0u, last + 1u - ${window}u, last + 1u > ${window}u)`
    : "0u";
  return {
    name: "cached_attention",
    bindings: [
      { name: "out", element: "f32", access: "write" },
      { name: "qkv", element: "f32", access: "read" },
      { name: "keys", element: "f32", access: "read" },
      { name: "values", element: "f32", access: "read" },
      { name: "position", element: "u32", access: "read" },
    ],
    body: `
var<workgroup> query: array<f32, ${headDim}>;
var<workgroup> scores: array<f32, ${LANES}>;
var<workgroup> newest: u32;

@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let task = group.y * groups.x + group.x;
  if (task >= ${rows * heads}u) { return; }
  let row = task / ${heads}u;
  let head = task % ${heads}u;
  let key_head = (head / ${heads / kvHeads}u) * ${headDim}u;
  // The position comes from memory, so the compiler has to be told that it is
  // the same for the whole workgroup: barriers stand in the loop over keys.
  if (local == 0u) { newest = min(position[0] + row, ${capacity - 1}u); }
  let last = workgroupUniformLoad(&newest);
  let first = ${first};
  ${
      each((share) =>
        `if (${element(share)} < ${headDim}u) {
    query[${element(share)}] = qkv[row * ${packed}u + head * ${headDim}u + ${
          element(share)
        }] * ${(1 / Math.sqrt(headDim)).toExponential()}f;
  }`
      )
    }
  var maximum = -3.0e38;
  var total = 0.0;
  ${each((share) => `var sum${share} = 0.0;`)}
  for (var base = first; base <= last; base += ${LANES}u) {
    let key = base + local;
    workgroupBarrier();
    var score = -3.0e38;
    if (key <= last) {
      score = 0.0;
      for (var d = 0u; d < ${headDim}u; d++) {
        score += query[d] * keys[key * ${width}u + key_head + d];
      }
    }
    scores[local] = score;
    workgroupBarrier();
    let count = min(${LANES}u, last + 1u - base);
    var peak = maximum;
    for (var j = 0u; j < count; j++) { peak = max(peak, scores[j]); }
    let rescale = exp(maximum - peak);
    maximum = peak;
    total *= rescale;
    ${each((share) => `sum${share} *= rescale;`)}
    for (var j = 0u; j < count; j++) {
      let weight = exp(scores[j] - peak);
      total += weight;
      ${
      each((share) =>
        `sum${share} += weight * values[(base + j) * ${width}u + key_head + min(${
          element(share)
        }, ${headDim - 1}u)];`
      )
    }
    }
  }
  ${
      each((share) =>
        `if (${element(share)} < ${headDim}u) {
    out[(row * ${heads}u + head) * ${headDim}u + ${
          element(share)
        }] = sum${share} / total;
  }`
      )
    }
}`,
  };
}
