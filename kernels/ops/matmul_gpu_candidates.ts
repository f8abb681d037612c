import type { MatmulCandidate } from "./matmul_variants.ts";
import { aIsVector, type MatmulProblem } from "./matmul_problem.ts";
import type { ThinTile } from "./matmul_thin_kernel.ts";
import { splitName, tileCount } from "./matmul_tile.ts";
import type { WorkgroupTile } from "./matmul_workgroup_kernel.ts";

/** Workgroup tiles: rows and columns an invocation, workgroup, stage depth. */
const WORKGROUP_TILES: readonly WorkgroupTile[] = [
  [8, 8, 16, 16, 8],
  [8, 8, 8, 16, 8],
  [8, 8, 8, 8, 16],
  [4, 4, 16, 16, 16],
  [4, 4, 8, 16, 16],
  [4, 4, 8, 8, 16],
].map(([tileRows, tileColumns, groupRows, groupColumns, stageDepth]) => ({
  tileRows,
  tileColumns,
  groupRows,
  groupColumns,
  stageDepth,
  splits: 1,
}));

/** Workgroups that fill a GPU of some dozens of multiprocessors. */
const FULL_GPU = 256;

/**
 * Ways to compute a matmul where invocations are lanes of a GPU: tiles that
 * share operands through workgroup memory, more of them or split depths where
 * they would leave multiprocessors idle, and for few rows kernels whose
 * invocations share the depth. Costs count loads from workgroup memory and
 * multiplications of all rounds of workgroups.
 */
export function gpuCandidates(problem: MatmulProblem): MatmulCandidate[] {
  const { rows, columns, depth } = problem;
  const candidates: MatmulCandidate[] = [];
  for (const base of WORKGROUP_TILES) {
    const { down, across } = tileCount(problem, base);
    for (const splits of [1, 2, 4, 8, 16, 32]) {
      if (splits > 1 && depth / splits < 128) continue;
      const tile = { ...base, splits };
      const { tileRows, tileColumns, groupRows, groupColumns } = tile;
      const groups = down * across * splits;
      const invocations = groupRows * groupColumns;
      // Loads from workgroup memory and multiplications of a workgroup, each
      // round of workgroups taking the whole device.
      const perDepth = invocations *
        (tileRows * tileColumns + 2 * (tileRows + tileColumns));
      const filled = Math.max(groups, FULL_GPU);
      const cost = filled * perDepth * (Math.ceil(depth / splits) + 64) +
        (splits > 1 ? 8 * splits * rows * columns : 0);
      candidates.push({
        cost,
        variant: {
          kind: "workgroup",
          name: `workgroup_${tileRows * groupRows}x${
            tileColumns * groupColumns
          }_${tileRows}x${tileColumns}${splitName(splits)}`,
          tile,
        },
      });
    }
  }
  if (rows <= 16) candidates.push(...thinCandidates(problem));
  return candidates;
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
    const groups = Math.max(down * across, FULL_GPU);
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
