import type { AttentionLayout } from "./attention_layout.ts";
import type { BindingDeclaration } from "./kernel_source.ts";

/** The declaration of `starts`, where queries are told what they see. */
export function maskBindings(
  { masked }: AttentionLayout,
): BindingDeclaration[] {
  return masked ? [{ name: "starts", element: "u32", access: "read" }] : [];
}

/**
 * WGSL: first position of its sequence that the query at `place` sees. A query
 * sees itself, whatever it was told.
 */
export function firstSeen(row: string, place: string): string {
  return `min(starts[${row}], ${place})`;
}

/** WGSL condition: a query that sees from `seen` on sees the key at a position. */
export function visible(
  { length, window, masked }: AttentionLayout,
  query: string,
  key: string,
  seen: string,
): string {
  return [
    `${key} <= ${query}`,
    ...(window < length ? [`${key} + ${window}u > ${query}`] : []),
    ...(masked ? [`${key} >= ${seen}`] : []),
  ].join(" && ");
}

/**
 * WGSL: first key that a tile's first query sees, rounded down to a turn. Later
 * queries see none before it.
 */
export function firstKey(
  { length, window, masked }: AttentionLayout,
  turn: number,
  seen: string,
): string {
  const inWindow = `(max(first + 1u, ${window}u) - ${window}u)`;
  const down = (key: string) => `${key} / ${turn}u * ${turn}u`;
  if (window >= length) return masked ? down(seen) : "0u";
  return down(masked ? `max(${inWindow}, ${seen})` : inWindow);
}

/** WGSL: position after the last query that may see a tile of `rows` keys. */
export function queriesEnd(
  { length, window, masked }: AttentionLayout,
  rows: number,
): string {
  const end = window < length
    ? `min(first + ${rows - 1 + window}u, ${length}u)`
    : `${length}u`;
  return masked ? `seeing_end(start, first, ${rows - 1}u, ${end})` : end;
}

/** WGSL functions that {@linkcode queriesEnd} calls. */
export function maskFunctions({ masked }: AttentionLayout): string {
  if (!masked) return "";
  return `
// Where queries begin to start after the last key: starts never decrease.
fn seeing_end(start: u32, first: u32, more: u32, end: u32) -> u32 {
  var low = first;
  var high = end;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (starts[start + middle] > first + more) { high = middle; } else { low = middle + 1u; }
  }
  return low;
}`;
}
