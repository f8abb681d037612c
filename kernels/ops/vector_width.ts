/** Elements that an invocation handles at once: four where lengths allow it. */
export type VectorWidth = 1 | 4;

/**
 * The vector width for rows of these lengths.
 *
 * @param lengths Elements per row of every matrix that the kernel indexes.
 * @returns 4 where every length is a multiple of 4, else 1.
 */
export function vectorWidth(...lengths: readonly number[]): VectorWidth {
  return lengths.every((length) => length % 4 === 0) ? 4 : 1;
}

/**
 * The WGSL type of one item of a vector width.
 *
 * @param width Elements per item.
 * @returns `vec4<f32>` or `f32`.
 */
export function vectorElement(width: VectorWidth): "f32" | "vec4<f32>" {
  return width === 4 ? "vec4<f32>" : "f32";
}
