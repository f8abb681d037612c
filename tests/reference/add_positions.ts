/** Rows of `x` plus the rows of a table by position, as far as it goes. */
export function addPositions(
  x: Float64Array,
  table: Float64Array,
  { columns, period, offset }: PositionsShape,
): Float64Array {
  return x.map((value, i) => {
    const at = entryOf(i, columns, period, offset);
    return at < table.length ? value + table[at] : value;
  });
}

/** Gradient by a table of so many positions. */
export function addPositionsGradient(
  upstream: Float64Array,
  positions: number,
  { columns, period, offset }: PositionsShape,
): Float64Array {
  const sum = new Float64Array(positions * columns);
  for (let i = 0; i < upstream.length; i++) {
    const at = entryOf(i, columns, period, offset);
    if (at < sum.length) sum[at] += upstream[i];
  }
  return sum;
}

/** Width of rows, length of sequences, position of their first token. */
export interface PositionsShape {
  readonly columns: number;
  readonly period: number;
  readonly offset: number;
}

function entryOf(
  i: number,
  columns: number,
  period: number,
  offset: number,
): number {
  const row = Math.floor(i / columns);
  return (row % period + offset) * columns + i % columns;
}
