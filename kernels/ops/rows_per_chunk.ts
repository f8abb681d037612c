/** Chunks that are summed together in one go. */
export const ROWS_SUMMED_AT_ONCE = 128;

/**
 * Rows that one invocation of a two-stage column reduction sums. Depends on
 * the shape alone, so that the order of the sum is the same on every adapter.
 *
 * @param rows Rows of the matrix.
 * @param columns Invocations that lie side by side along a row.
 * @returns Rows a chunk, between 32 and 256: enough invocations to fill a GPU,
 * few enough partial sums that they cost little memory.
 */
export function rowsPerChunk(rows: number, columns: number): number {
  const chunks = Math.max(64, Math.ceil(32_768 / columns));
  return Math.min(256, Math.max(32, Math.ceil(rows / chunks)));
}
