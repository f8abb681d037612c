import type { MatmulCandidate } from "./matmul_variants.ts";
import { aIsVector, type MatmulProblem } from "./matmul_problem.ts";
import type { ThinTile } from "./matmul_thin_kernel.ts";
import { splitName, tileCount } from "./matmul_tile.ts";
import type { WorkgroupTile } from "./matmul_stages.ts";
import { workgroupBytes } from "./matmul_workgroup_kernel.ts";
import type { OperandPrecision } from "./operand_precision.ts";

/** Workgroup tiles: rows and columns an invocation, workgroup, stage depth. */
const WORKGROUP_TILES = [
  [8, 8, 16, 16, 8],
  [8, 8, 16, 16, 16],
  [16, 8, 8, 16, 8],
  [8, 8, 8, 16, 8],
  [8, 8, 8, 8, 16],
  [4, 4, 16, 16, 16],
  [4, 4, 8, 16, 16],
  [4, 4, 8, 8, 16],
] as const;

/** Workgroups that fill a GPU of some dozens of multiprocessors. */
const FULL_GPU = 256;

/** Costs in multiplications of an invocation; no GPU was there to time them. */
const COST = {
  /**
   * An element from workgroup memory, by its precision. Half the bytes would
   * take half the time, but have to be unpacked, which is what counts: of the
   * instructions for a block of 128×128×8 on NVIDIA's sm_86, 588 to 600 for
   * f32, 761 to 770 for f16, 767 to 782 for bf16.
   */
  staged: { f32: 2, f16: 3.35, bf16: 3.45 },
  /** An element that a workgroup copies, mostly from the cache. */
  copied: 8,
  /**
   * Waiting, a staged block: with one buffer, for a whole copy from memory
   * between two barriers, hidden by what other workgroups of the
   * multiprocessor multiply meanwhile; with two, for one barrier, loads being
   * under way since the block before.
   */
  block: { 1: 64, 2: 24 },
  /**
   * How much slower everything is with more sums an invocation than
   * {@linkcode USUAL_SUMS}: what they save of loads, devices of few registers
   * lose again.
   */
  manySums: 1.15,
  /** Before and after all blocks, in depths. */
  start: 64,
  /** A partial sum, written and read again. */
  partialSum: 8,
} as const;

/** Sums for which, with their operands, any GPU has the registers. */
const USUAL_SUMS = 64;

/**
 * Bytes of workgroup memory of which two fit into the 64 KiB or so that
 * multiprocessors have at least.
 */
const ROOMY = 24_576;

/**
 * Ways to compute a matmul where invocations are lanes of a GPU: tiles that
 * share operands through workgroup memory, more of them or split depths where
 * they would leave multiprocessors idle, and for few rows kernels whose
 * invocations share the depth.
 *
 * This is the heuristic without a cache, from sizes and limits alone. The
 * cheapest legal candidate wins, its cost being that of a workgroup times the
 * workgroups, which are at least those that fill a GPU. A workgroup costs its
 * multiplications, its loads from workgroup memory, its copies to there and its
 * waits. So:
 *
 * - large products take 128×128 tiles of 8×8 an invocation, smaller ones or
 *   devices that allow fewer invocations smaller tiles; a depth is split, in
 *   parts of at least 128, where there are fewer tiles than {@linkcode FULL_GPU};
 * - two buffers win while they leave room for other workgroups, whose work
 *   hides waits as well: beyond {@linkcode ROOMY} bytes they cost as much as
 *   one;
 * - blocks of a depth of 16 instead of 8 halve the waits, and are a little less
 *   arithmetic, but take twice the workgroup memory: the tuner decides;
 * - tiles of 16×8 an invocation load the least from workgroup memory, which
 *   bounds GPUs that multiply four times as many numbers as they load from it,
 *   but fill most registers: the tuner decides;
 * - up to 16 rows, invocations share the depth instead;
 * - operands may be rounded while they are staged only if the plan allows it
 *   (`operands`), f16 where the device has `shader-f16`: the tuner decides, for
 *   it pays only where workgroup memory is slow.
 *
 * What does not fit the device's workgroup memory or invocations is left out.
 */
export function gpuCandidates(
  problem: MatmulProblem,
  operands: OperandPrecision,
): MatmulCandidate[] {
  const candidates: MatmulCandidate[] = [];
  for (const [tileRows, tileColumns, ...group] of WORKGROUP_TILES) {
    const [groupRows, groupColumns, stageDepth] = group;
    for (const splits of [1, 2, 4, 8, 16, 32]) {
      if (splits > 1 && problem.depth / splits < 128) continue;
      for (const buffers of [1, 2] as const) {
        for (const precision of new Set(["f32" as const, operands])) {
          candidates.push(workgroupCandidate(problem, {
            tileRows,
            tileColumns,
            groupRows,
            groupColumns,
            stageDepth,
            splits,
            buffers,
            operands: precision,
          }));
        }
      }
    }
  }
  if (problem.rows <= 16) candidates.push(...thinCandidates(problem));
  return candidates;
}

function workgroupCandidate(
  problem: MatmulProblem,
  tile: WorkgroupTile,
): MatmulCandidate {
  const { rows, columns, depth } = problem;
  const { tileRows, tileColumns, groupRows, groupColumns, splits } = tile;
  const { buffers, operands, stageDepth } = tile;
  const { down, across } = tileCount(problem, tile);
  const parts = problem.matrices * splits;
  const groups = Math.max(down * across * parts, FULL_GPU);
  const invocations = groupRows * groupColumns;
  const crowded = workgroupBytes(problem, tile) > ROOMY;
  const sums = tileRows * tileColumns;
  const perDepth = (sums > USUAL_SUMS ? COST.manySums : 1) *
    (sums + COST.staged[operands] * (tileRows + tileColumns) +
      COST.copied * (tileRows * groupRows + tileColumns * groupColumns) /
        invocations +
      COST.block[crowded ? 1 : buffers] / stageDepth);
  const name = [
    "workgroup",
    `${tileRows * groupRows}x${tileColumns * groupColumns}x${stageDepth}`,
    `${tileRows}x${tileColumns}`,
    ...(buffers === 2 ? ["double"] : []),
    ...(operands === "f32" ? [] : [operands]),
  ].join("_");
  return {
    cost: groups * invocations * perDepth *
        (Math.ceil(depth / splits) + COST.start) +
      (splits > 1 ? COST.partialSum * parts * rows * columns : 0),
    variant: {
      kind: "workgroup",
      name: `${name}${splitName(splits)}`,
      tile,
    },
  };
}

function thinCandidates(problem: MatmulProblem): MatmulCandidate[] {
  const { rows, depth, layout } = problem;
  const shapes = layout === "nt"
    ? [[1, 64], [1, 128], [4, 16]]
    : [[16, 16], [8, 8], [32, 8]];
  return shapes.map(([groupColumns, groupDepth]) => {
    const aligned = layout === "tn" && aIsVector(problem) ? 4 : 1;
    const most = groupDepth * groupColumns > 128 ? 4 : 8;
    const tile: ThinTile = {
      tileRows: Math.max(aligned, Math.min(rows, most)),
      tileColumns: 4,
      groupRows: 1,
      groupColumns,
      groupDepth,
      splits: 1,
    };
    const { down, across } = tileCount(problem, tile);
    const groups = Math.max(problem.matrices * down * across, FULL_GPU);
    const perDepth = groupColumns * (tile.tileRows * 4 + 4 + tile.tileRows);
    return {
      cost: groups * perDepth * (depth + 16 * groupDepth),
      variant: {
        kind: "thin",
        name: `thin_${tile.tileRows}x4_${groupColumns}x${groupDepth}`,
        tile,
      },
    };
  });
}
