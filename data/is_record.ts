/**
 * Whether a value is an object with named fields, such as a mapping of YAML or
 * an object of JSON: no null, no list.
 *
 * @param value Anything, from the outside.
 *
 * @example
 * ```ts
 * import { isRecord } from "./is_record.ts";
 * import { assert } from "@std/assert";
 *
 * assert(isRecord({ steps: 3 }));
 * assert(!isRecord([3]) && !isRecord(null));
 * ```
 */
export function isRecord(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
