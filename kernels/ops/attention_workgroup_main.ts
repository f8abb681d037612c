import { type AttentionLayout, unrolled } from "./attention_layout.ts";
import { firstSeen } from "./attention_mask.ts";
import { ownersPlaces } from "./attention_workgroup_owners.ts";
import {
  invocationsOf,
  type WorkgroupTile,
} from "./attention_workgroup_tile.ts";

/** WGSL that declares a number of the whole workgroup, where there is a mask. */
export function sharedEdge({ masked }: AttentionLayout): string {
  return masked ? "var<workgroup> edge: u32;" : "";
}

/** WGSL: a number that one invocation finds and all know, in uniform flow. */
export function uniformly(value: string): string {
  return `if (local == 0u) { edge = ${value}; }
  let edge_seen = workgroupUniformLoad(&edge);`;
}

/** WGSL: first keys that the queries see which an invocation owns, and the tile. */
export function seenKeys(
  { masked, length }: AttentionLayout,
  { pairs }: WorkgroupTile,
): string {
  if (!masked) return "";
  return `${
    unrolled(pairs.rows, (r) => `
  let place_seen_${r} = min(mine_${r}, ${length - 1}u);
  let seen_${r} = ${firstSeen(`start + place_seen_${r}`, `place_seen_${r}`)};`)
  }
  ${uniformly(firstSeen("start + first", "first"))}`;
}

/**
 * WGSL of an entry point with one workgroup per tile and head: `first` is the
 * tile's first position, `place_<i>` the positions of the rows that the
 * invocation holds, which may lie past the end, `own_<i>` those rows, `team` its
 * row of invocations, `lane` its slice, `start` the sequence's first row, `head`
 * the head; and what {@linkcode ownersPlaces} declares.
 */
export function workgroupMain(
  { batches, length }: AttentionLayout,
  heads: number,
  tile: WorkgroupTile,
  order: "ascending" | "descending",
  body: string,
): string {
  const { rows, held, lanes } = tile;
  const tiles = Math.ceil(length / rows);
  const across = batches * heads;
  return `
@compute @workgroup_size(${invocationsOf(tile)})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index >= ${across * tiles}u) { return; }
  let first = ${
    order === "ascending"
      ? `index / ${across}u`
      : `(${tiles - 1}u - index / ${across}u)`
  } * ${rows}u;
  let start = index % ${across}u / ${heads}u * ${length}u;
  let head = index % ${across}u % ${heads}u;
  let lane = local % ${lanes}u;
  let team = local / ${lanes}u;
  ${
    unrolled(held, (i) => `
  let place_${i} = first + team * ${held}u + ${i}u;
  let own_${i} = start + min(place_${i}, ${length - 1}u);`)
  }
  ${ownersPlaces(tile)}
  ${body}
}`;
}
