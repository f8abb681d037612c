/**
 * The coarsest numbers that matrix products may round their operands to. Sums
 * stay in f32, and so does what is kept in memory.
 *
 * - `f32`: no rounding.
 * - `bf16`: 8 significant bits over the range of f32.
 * - `f16`: 11 significant bits, for forward passes only: what is above 65,504
 *   counts as that much, and gradients would fall below the smallest numbers.
 */
export type OperandPrecision = "f32" | "f16" | "bf16";

/** Precisions by name. */
export const OPERAND_PRECISIONS: readonly OperandPrecision[] = [
  "f32",
  "f16",
  "bf16",
];

/** How far rounding an operand changes it. */
export interface OperandRounding {
  /** Largest change, relative to the operand. */
  readonly relative: number;
  /** Largest change besides, of operands of any size. */
  readonly absolute: number;
}

/**
 * What rounding to a precision does to operands up to 65,504. bf16 is rounded to
 * the nearest. WGSL lets f16 be rounded either way, which is a whole unit of the
 * last place (2⁻¹⁰), and lets numbers below 2⁻¹⁴ become zero.
 *
 * @param precision The precision.
 * @returns Bounds of the change.
 */
export function operandRounding(precision: OperandPrecision): OperandRounding {
  switch (precision) {
    case "f32":
      return { relative: 0, absolute: 0 };
    case "bf16":
      return { relative: 2 ** -8, absolute: 0 };
    case "f16":
      return { relative: 2 ** -10, absolute: 2 ** -14 };
  }
}

/** What gradients may be rounded to where forward passes may use a precision. */
export function gradientPrecision(
  precision: OperandPrecision,
): OperandPrecision {
  return precision === "f16" ? "f32" : precision;
}
