import { type AttentionLayout, packedWidth } from "./attention_layout.ts";
import { firstKey } from "./attention_mask.ts";
import { seenKeys } from "./attention_workgroup_main.ts";
import { stagedType, staging, turns } from "./attention_workgroup_stage.ts";
import type { WorkgroupTile } from "./attention_workgroup_tile.ts";

/** WGSL that declares where {@linkcode overKeys} stages keys and values. */
export function keyMemory(tile: WorkgroupTile): string {
  return `var<workgroup> tile_k: ${stagedType(tile)};
var<workgroup> tile_v: ${stagedType(tile)};`;
}

/**
 * WGSL that runs `body` for every `turn` of the keys that a tile of queries
 * sees, which are staged as `tile_k` from position `key` on, and their values as
 * `tile_v`.
 */
export function overKeys(
  layout: AttentionLayout,
  tile: WorkgroupTile,
  body: string,
): string {
  const { length, heads, kvHeads } = layout;
  const { rows, lanes, slice, staged } = tile;
  const chunks = lanes * slice;
  const row = packedWidth(layout) / 4;
  const stage = staging(tile, {
    arrays: ["tile_k", "tile_v"],
    first: "key",
    next: `key + ${staged}u`,
    copy: (first, to) => `
      let at = min(${first} + row, ${length - 1}u) * ${row}u + chunk;
      ${to("tile_k")} = qkv[keys + at];
      ${to("tile_v")} = qkv[values + at];`,
  });
  return `
  let keys = start * ${row}u +
    (${heads}u + head / ${heads / kvHeads}u) * ${chunks}u;
  let values = keys + ${kvHeads * chunks}u;
  ${seenKeys(layout, tile)}
  let end = min(first + ${rows}u, ${length}u);
  var key = ${firstKey(layout, staged, "edge_seen")};
  ${stage.ahead}
  for (; key < end; key += ${staged}u) {
    workgroupBarrier();
    ${stage.staged}
    workgroupBarrier();
    ${stage.next}
    ${turns(tile, body)}
  }`;
}
