/** Rows of a table `(V, columns)` by token, zeros past its end. */
export function embedding(
  tokens: ArrayLike<number>,
  table: Float64Array,
  columns: number,
): Float64Array {
  const rows = new Float64Array(tokens.length * columns);
  for (let n = 0; n < tokens.length; n++) {
    const at = tokens[n] * columns;
    rows.set(table.subarray(at, at + columns), n * columns);
  }
  return rows;
}

/** Gradient by the table, from that by the rows. */
export function embeddingGradient(
  tokens: ArrayLike<number>,
  upstream: Float64Array,
  vocabulary: number,
  columns: number,
): Float64Array {
  const sum = new Float64Array(vocabulary * columns);
  for (let n = 0; n < tokens.length; n++) {
    if (tokens[n] >= vocabulary) continue;
    for (let c = 0; c < columns; c++) {
      sum[tokens[n] * columns + c] += upstream[n * columns + c];
    }
  }
  return sum;
}
