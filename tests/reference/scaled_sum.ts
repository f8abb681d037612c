/** Operands of {@linkcode scaledSum}, row-major. */
export interface ScaledSumCase {
  /** First summand, rows of `pitch`. */
  readonly a: Float64Array;
  /** Its factor. */
  readonly scaleA: Float64Array;
  /** Second summand, rows of `columns`. */
  readonly b: Float64Array;
  /** Its factor. */
  readonly scaleB: Float64Array;
}

/** Where the second summand is added. */
export interface ScaledSumPlace {
  /** Elements of a row of the first summand. */
  readonly pitch: number;
  /** Elements of a row of the second. */
  readonly columns: number;
  /** First of the columns that it is added to. */
  readonly column: number;
}

/** `scaleA · a`, plus `scaleB · b` in some columns. */
export function scaledSum(
  { a, scaleA, b, scaleB }: ScaledSumCase,
  place: ScaledSumPlace,
): Float64Array {
  const y = a.map((value) => scaleA[0] * value);
  b.forEach((value, i) => y[inFirst(i, place)] += scaleB[0] * value);
  return y;
}

/** Gradients of `Σ upstream · scaledSum(…)` by each operand. */
export function scaledSumGradient(
  { a, scaleA, b, scaleB }: ScaledSumCase,
  place: ScaledSumPlace,
  upstream: Float64Array,
): ScaledSumCase {
  const beside = b.map((_, i) => upstream[inFirst(i, place)]);
  const dot = (x: Float64Array, y: Float64Array) =>
    Float64Array.of(x.reduce((sum, value, i) => sum + value * y[i], 0));
  return {
    a: upstream.map((value) => scaleA[0] * value),
    scaleA: dot(upstream, a),
    b: beside.map((value) => scaleB[0] * value),
    scaleB: dot(beside, b),
  };
}

/** Where an element of the second summand lies in the first. */
function inFirst(
  index: number,
  { pitch, columns, column }: ScaledSumPlace,
): number {
  return Math.floor(index / columns) * pitch + column + index % columns;
}
