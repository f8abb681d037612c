/** Sizes that a vocabulary is chosen from; the first is that of single bytes. */
export const VOCABULARY_SIZES: readonly number[] = [
  257,
  512,
  1024,
  2048,
  4096,
  8192,
  16_384,
  32_768,
];

/**
 * The vocabulary that suits an amount of training: the table's parameters grow
 * more slowly than the rest, V·d = 0.2041·C^0.41636 (Tao et al. 2024,
 * arXiv:2407.13623, approach 1; rounded in the paper, and given to more digits
 * in github.com/sail-sg/scaling-with-vocab). It was fitted to models of 33 M
 * parameters and more, and is taken to hold down to those of thousands.
 *
 * @param flops C, floating-point operations of training.
 * @param width d, width of the residual stream.
 * @returns The nearest of {@linkcode VOCABULARY_SIZES}, by ratio.
 *
 * @example
 * ```ts
 * import { vocabularySize } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * // A day of a 3090, and a minute of a CPU.
 * assertEquals(vocabularySize(1e18, 640), 8192);
 * assertEquals(vocabularySize(1e12, 64), 257);
 * ```
 */
export function vocabularySize(flops: number, width: number): number {
  const wanted = 0.2041 * flops ** 0.41636 / width;
  const distance = (size: number) => Math.abs(Math.log(size / wanted));
  return VOCABULARY_SIZES.reduce((a, b) => distance(b) < distance(a) ? b : a);
}
