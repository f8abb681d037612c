/** What {@linkcode ropeTable} computes. */
export interface RopeTableOptions {
  /** Positions P, the longest context. */
  readonly positions: number;
  /** Rotated elements of each head, even. */
  readonly rotary: number;
  /** Base of the wavelengths: 10,000 in most models. */
  readonly theta: number;
}

/**
 * Cosines and sines of rotary position embeddings: pair i at position p turns
 * by `p · theta^(−2i / rotary)`. Computed in f64, because f32 angles of distant
 * positions would be off in the third digit.
 *
 * @param options Positions, rotated elements and base.
 * @returns `(P, rotary / 2, 2)`, cosine before sine.
 * @throws {RangeError} if a number makes no sense.
 *
 * @example
 * ```ts
 * import { ropeTable } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const table = ropeTable({ positions: 2, rotary: 2, theta: 10_000 });
 * assertEquals(table, Float32Array.of(1, 0, Math.cos(1), Math.sin(1)));
 * ```
 */
export function ropeTable(
  { positions, rotary, theta }: RopeTableOptions,
): Float32Array<ArrayBuffer> {
  if (!Number.isSafeInteger(positions) || positions < 1) {
    throw new RangeError(
      `Cannot make a table of ${positions} positions: it must be a positive integer`,
    );
  }
  if (!Number.isSafeInteger(rotary) || rotary < 2 || rotary % 2 !== 0) {
    throw new RangeError(
      `Cannot rotate ${rotary} elements: it must be an even positive integer`,
    );
  }
  if (!(theta > 0 && theta < Infinity)) {
    throw new RangeError(
      `Cannot rotate with base ${theta}: it must be a positive number`,
    );
  }
  const pairs = rotary / 2;
  const table = new Float32Array(positions * rotary);
  for (let pair = 0; pair < pairs; pair++) {
    const frequency = theta ** (-2 * pair / rotary);
    for (let position = 0; position < positions; position++) {
      const at = (position * pairs + pair) * 2;
      table[at] = Math.cos(position * frequency);
      table[at + 1] = Math.sin(position * frequency);
    }
  }
  return table;
}
