/**
 * Sizes that a vocabulary is chosen from. The law would give fewer tokens, and at
 * last single bytes, to runs of less than some 1e17 FLOP, which is below all that
 * it was fitted to; there the smallest of these is the better one. Bits a byte of
 * text held out, models of two blocks, 16 to 48 wide, with tied heads:
 *
 * | text             | FLOP   | bytes | 512   | 1024  | 2048  | 4096  |
 * | ---------------- | ------ | ----- | ----- | ----- | ----- | ----- |
 * | books            | 2.5e11 | 2.531 | 2.398 |       | 2.247 |       |
 * | books            | 1e12   | 2.256 | 2.115 | 2.084 | 2.044 | 2.018 |
 * | books and primer | 1e12   | 1.206 | 1.023 | 1.013 | 0.999 | 1.013 |
 */
export const VOCABULARY_SIZES: readonly number[] = [
  4096,
  8192,
  16_384,
  32_768,
];

/**
 * The vocabulary that suits an amount of training: the table's parameters grow
 * more slowly than the rest, V·d = 0.2041·C^0.41636 (Tao et al. 2024,
 * arXiv:2407.13623, approach 1; rounded in the paper, and given to more digits
 * in github.com/sail-sg/scaling-with-vocab).
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
 * assertEquals(vocabularySize(1e12, 64), 4096);
 * ```
 */
export function vocabularySize(flops: number, width: number): number {
  const wanted = 0.2041 * flops ** 0.41636 / width;
  const distance = (size: number) => Math.abs(Math.log(size / wanted));
  return VOCABULARY_SIZES.reduce((a, b) => distance(b) < distance(a) ? b : a);
}
