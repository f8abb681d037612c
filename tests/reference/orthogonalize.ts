/**
 * Five Newton–Schulz iterations in f64 as PyTorch's Muon writes them: of the
 * matrix over its Frobenius norm, transposed where it is tall.
 *
 * @param x (rows, columns), row-major.
 */
export function orthogonalized(
  x: ArrayLike<number>,
  rows: number,
  columns: number,
): Float64Array {
  if (rows > columns) {
    const turned = transposed(x, rows, columns);
    const result = orthogonalized(turned, columns, rows);
    return transposed(result, columns, rows);
  }
  const norm = Math.max(
    1e-7,
    Math.sqrt(Array.from(x).reduce((sum, value) => sum + value ** 2, 0)),
  );
  let y = Float64Array.from(x, (value) => value / norm);
  for (let step = 0; step < 5; step++) {
    const gram = times(y, transposed(y, rows, columns), rows, columns, rows);
    const square = times(gram, gram, rows, rows, rows);
    const update = gram.map((value, i) => -4.775 * value + 2.0315 * square[i]);
    const rest = times(update, y, rows, rows, columns);
    y = y.map((value, i) => 3.4445 * value + rest[i]);
  }
  return y;
}

function transposed(
  x: ArrayLike<number>,
  rows: number,
  columns: number,
): Float64Array {
  return Float64Array.from(
    { length: rows * columns },
    (_, i) => x[(i % rows) * columns + Math.floor(i / rows)],
  );
}

function times(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  rows: number,
  depth: number,
  columns: number,
): Float64Array {
  const c = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < depth; k++) {
      for (let j = 0; j < columns; j++) {
        c[i * columns + j] += a[i * depth + k] * b[k * columns + j];
      }
    }
  }
  return c;
}
