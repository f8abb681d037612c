/**
 * Whether something from outside is a number above 0 that has an end.
 *
 * @param value What was given.
 */
export function isPositive(value: unknown): value is number {
  return typeof value === "number" && value > 0 && Number.isFinite(value);
}
