/**
 * Makes a value of a table one that JSON can hold: dates as ISO 8601 texts,
 * integers beyond 2^53 as texts, bytes as null.
 *
 * @param value Any value of a cell.
 * @returns The same as null, boolean, number, text, list or object.
 */
export function jsonValue(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return value.toWellFormed();
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      return Number.isSafeInteger(Number(value))
        ? Number(value)
        : String(value);
    case "boolean":
      return value;
    case "object":
      break;
    default:
      return null;
  }
  if (value === null || value instanceof Uint8Array) return null;
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? null : value.toISOString();
  }
  if (Array.isArray(value)) return value.map(jsonValue);
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, jsonValue(part)]),
  );
}
