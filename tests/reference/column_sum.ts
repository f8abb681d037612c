/** Sum of each column of a matrix of `columns` columns, in f64. */
export function columnSum(
  x: ArrayLike<number>,
  columns: number,
): Float64Array {
  const sum = new Float64Array(columns);
  for (let i = 0; i < x.length; i++) sum[i % columns] += x[i];
  return sum;
}
