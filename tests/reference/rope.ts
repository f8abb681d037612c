/** Layout of the heads that are rotated, in rows of `columns`. */
export interface RopeCase {
  readonly columns: number;
  readonly heads: number;
  readonly headDim: number;
  readonly rotary: number;
  readonly period: number;
  readonly offset: number;
  readonly theta: number;
  readonly interleaved: boolean;
}

/** Rotated rows; with `direction` −1 rotated back, which is the gradient. */
export function rope(
  x: Float64Array,
  shape: RopeCase,
  direction: 1 | -1 = 1,
): Float64Array {
  const { columns, heads, headDim, rotary, interleaved } = shape;
  const rotated = Float64Array.from(x);
  for (let row = 0; row < x.length / columns; row++) {
    const position = row % shape.period + shape.offset;
    for (let head = 0; head < heads; head++) {
      for (let pair = 0; pair < rotary / 2; pair++) {
        const angle = direction * position *
          shape.theta ** (-2 * pair / rotary);
        const start = row * columns + head * headDim;
        const a = start + (interleaved ? 2 * pair : pair);
        const b = a + (interleaved ? 1 : rotary / 2);
        rotated[a] = x[a] * Math.cos(angle) - x[b] * Math.sin(angle);
        rotated[b] = x[b] * Math.cos(angle) + x[a] * Math.sin(angle);
      }
    }
  }
  return rotated;
}
