import type { Field, FieldDescription } from "../../data/schema.ts";

/** Seconds of each unit of time, the greatest first. */
const SECONDS: Readonly<Record<string, number>> = {
  d: 86400,
  h: 3600,
  m: 60,
  s: 1,
};

/** Bytes of each unit of size. */
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Units in which {@linkcode stringifyBytes} writes, the greatest first. */
const BYTES_DESCENDING = Object.entries(BYTES)
  .sort(([, a], [, b]) => b - a);

/**
 * Reads a span of time: numbers with units from the greatest to the smallest,
 * such as `3m`, `1h30m`, `90s` or `1.5h`.
 *
 * @param text What was given.
 * @returns The span in seconds, more than 0; `undefined` if it is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseDuration("1h30m"), 5400);
 * ```
 */
export function parseDuration(text: string): number | undefined {
  const match =
    /^(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?$/
      .exec(text.trim());
  if (match === null) return undefined;
  const seconds = Object.values(SECONDS).reduce(
    (sum, unit, i) => sum + Number(match[i + 1] ?? 0) * unit,
    0,
  );
  return seconds > 0 && Number.isFinite(seconds) ? seconds : undefined;
}

/**
 * Writes a span of time.
 *
 * @param seconds A span of time in seconds.
 * @returns The text that {@linkcode parseDuration} reads as that span.
 */
export function stringifyDuration(seconds: number): string {
  // A fraction is written as it is: in parts it would be rounded.
  if (!Number.isInteger(seconds)) return `${plainDecimal(seconds)}s`;
  let rest = seconds;
  let text = "";
  for (const [unit, length] of Object.entries(SECONDS)) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text;
}

/**
 * Reads a size: a number with a unit, `24GB` (10^9) or `512MiB` (2^20).
 *
 * @param text What was given.
 * @returns The size in whole bytes, more than 0; `undefined` if it is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseBytes("24GB"), 24_000_000_000);
 * ```
 */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KkMGT]?i?B)$/.exec(text.trim());
  const unit = match === null ? undefined : BYTES[match[2]];
  if (match === null || unit === undefined) return undefined;
  const bytes = Math.floor(Number(match[1]) * unit);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/**
 * Writes a size.
 *
 * @param bytes A size in bytes.
 * @returns The shortest text that {@linkcode parseBytes} reads as that size.
 */
export function stringifyBytes(bytes: number): string {
  const exact = BYTES_DESCENDING.filter(([, size]) => bytes % size === 0)
    .map(([unit, size]) => `${bytes / size}${unit}`);
  return exact.reduce((best, text) => text.length < best.length ? text : best);
}

/**
 * Describes a span of time.
 *
 * @param field What the key means.
 * @returns A field that holds a span of time, in seconds.
 */
export function duration(
  field: FieldDescription<number>,
): Field<number> {
  return {
    ...field,
    allowed: "a span of time such as 90s, 3m or 1h30m",
    parse: (value) =>
      typeof value === "string" ? parseDuration(value) : undefined,
    print: stringifyDuration,
  };
}

/**
 * Describes a size.
 *
 * @param field What the key means.
 * @returns A field that holds a size, in bytes.
 */
export function byteSize(
  field: FieldDescription<number>,
): Field<number> {
  return {
    ...field,
    allowed: "a size such as 24GB or 512MiB",
    parse: (value) => typeof value === "string" ? parseBytes(value) : undefined,
    print: stringifyBytes,
  };
}

/** A number as decimal digits, without the exponent of very small ones. */
function plainDecimal(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20) : text;
}
