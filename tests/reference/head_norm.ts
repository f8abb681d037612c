import { norm, normGradient } from "./norm.ts";

/** Rows of query heads, key heads and a rest, and the heads' weights. */
export interface HeadNormCase {
  readonly x: Float64Array;
  readonly columns: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly queryWeight: Float64Array;
  readonly keyWeight: Float64Array;
  readonly epsilon: number;
}

/** Rows of which every query and key head is normalised. */
export function headNorm(shape: HeadNormCase): Float64Array {
  const y = Float64Array.from(shape.x);
  for (const { at, operands } of headsOf(shape)) y.set(norm(operands), at);
  return y;
}

/** Gradients by `x` and both weights. */
export function headNormGradient(
  shape: HeadNormCase,
  upstream: Float64Array,
): {
  readonly x: Float64Array;
  readonly queryWeight: Float64Array;
  readonly keyWeight: Float64Array;
} {
  const x = Float64Array.from(upstream);
  const headDim = shape.queryWeight.length;
  const weights = {
    queryWeight: new Float64Array(headDim),
    keyWeight: new Float64Array(headDim),
  };
  for (const { at, name, operands } of headsOf(shape)) {
    const gradient = normGradient(operands, upstream.slice(at, at + headDim));
    x.set(gradient.x, at);
    gradient.weight.forEach((value, i) => weights[name][i] += value);
  }
  return { x, ...weights };
}

function* headsOf(shape: HeadNormCase) {
  const { x, columns, heads, kvHeads, epsilon } = shape;
  const headDim = shape.queryWeight.length;
  for (let row = 0; row < x.length; row += columns) {
    for (let head = 0; head < heads + kvHeads; head++) {
      const at = row + head * headDim;
      const name = head < heads ? "queryWeight" : "keyWeight";
      const operands = {
        x: x.slice(at, at + headDim),
        weight: shape[name],
        epsilon,
        centred: false,
      };
      yield { at, name, operands } as const;
    }
  }
}
