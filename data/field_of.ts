/**
 * Reads a field of a value whose shape is not known, such as parsed JSON.
 *
 * @param value Anything, from the outside.
 * @param key Name of the field.
 * @returns The field; undefined if it is missing, inherited, or the value is no
 * object.
 *
 * @example
 * ```ts
 * import { fieldOf } from "./field_of.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fieldOf({ step: 3 }, "step"), 3);
 * assertEquals(fieldOf({ step: 3 }, "toString"), undefined);
 * assertEquals(fieldOf(null, "step"), undefined);
 * ```
 */
export function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null &&
      Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}
