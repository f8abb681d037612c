/**
 * A size for people: `512 B`, `1.5 KiB`, `22 GiB`; three digits.
 *
 * @param bytes A number of bytes, 0 or more.
 * @returns The number in binary units.
 */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], " ");
}

/**
 * A count for people: `950`, `12.5k`, `124M`, `9.36G`.
 *
 * @param count Any number of things, 0 or more.
 * @param unit What is counted, for instance `"tokens"` or `"FLOP/s"`; stands
 * after the prefix: `12.5k tokens`, `35.6 TFLOP/s` where `joined` is set.
 * @param joined Whether the prefix belongs to the unit, as in `TFLOP`.
 * @returns The number in decimal units.
 */
export function formatCount(
  count: number,
  unit: string = "",
  joined: boolean = false,
): string {
  const prefixes = ["", "k", "M", "G", "T", "P", "E"];
  if (joined) return scaled(count, 1000, prefixes.map((p) => p + unit), " ");
  const text = scaled(count, 1000, prefixes, "");
  return unit === "" ? text : `${text} ${unit}`;
}

/**
 * A span of time for people: `850 ms`, `12.3 s`, `3 min 20 s`, `5 h 7 min`,
 * `2 d 3 h`.
 *
 * @param seconds The span in seconds, 0 or more; `Infinity` gives `unknown`.
 * @returns The span in its two greatest units.
 */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${trimmed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return twoUnits(whole, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, "h", "min");
  return twoUnits(Math.round(seconds / 3600), 24, "d", "h");
}

function twoUnits(
  value: number,
  per: number,
  great: string,
  little: string,
): string {
  const rest = value % per;
  const head = `${Math.floor(value / per)} ${great}`;
  return rest === 0 ? head : `${head} ${rest} ${little}`;
}

function scaled(
  value: number,
  base: number,
  units: readonly string[],
  gap: string,
): string {
  let step = 0;
  let rest = value;
  // 999.5 would be printed as 1000: it belongs to the next unit.
  while (Math.abs(rest) >= base - 0.5 && step < units.length - 1) {
    rest /= base;
    step++;
  }
  // Three digits say enough, but no digit before the point is dropped.
  const decimals = Math.abs(rest) >= 99.95
    ? 0
    : Math.abs(rest) >= 9.995
    ? 1
    : 2;
  const text = trimmed(rest, decimals);
  return units[step] === "" ? text : `${text}${gap}${units[step]}`;
}

/** Fixed decimals without the zeros that say nothing. */
function trimmed(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}
