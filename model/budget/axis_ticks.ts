/**
 * Round numbers to mark an axis at.
 *
 * @param low Where the axis begins.
 * @param high Where it ends; more than `low`.
 * @param about How many marks there shall be, roughly.
 * @returns Multiples of 1, 2 or 5 times a power of ten, ascending.
 */
export function linearTicks(
  low: number,
  high: number,
  about: number,
): number[] {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power)
    .find((each) => each >= rough) ?? 10 * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) =>
    // Of 3 · 0.1 the last digit is wrong.
    Number(((first + i) * step).toPrecision(12)));
}

/**
 * Round numbers to mark a logarithmic axis at.
 *
 * @param low Where the axis begins; more than 0.
 * @param high Where it ends; more than `low`.
 * @returns Powers of ten, with their multiples by 2 and 5 where those are few.
 */
export function logarithmicTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const multiples = decades > 4 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (
    let exponent = Math.floor(Math.log10(low));
    exponent <= Math.ceil(Math.log10(high));
    exponent++
  ) {
    for (const multiple of multiples) {
      const tick = Number(`${multiple}e${exponent}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}
