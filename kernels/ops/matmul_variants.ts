import type { Capabilities } from "../runtime/capabilities.ts";
import { TEXELS_PER_ROW } from "./kernel_source.ts";
import { isWholeTexels, operandTexels } from "./matmul_texels.ts";
import { BYTES_PER_ELEMENT } from "./tensor.ts";
import { aIsVector, bIsVector, type MatmulProblem } from "./matmul_problem.ts";
import { type ThinTile, thinWorkgroupBytes } from "./matmul_thin_kernel.ts";
import { type MatmulTile, tileCount } from "./matmul_tile.ts";
import {
  workgroupBytes,
  type WorkgroupTile,
} from "./matmul_workgroup_kernel.ts";

/** One way to compute a matmul: a kernel template and its sizes. */
export type MatmulVariant =
  & { readonly name: string }
  & (
    | { readonly kind: "register" | "texel"; readonly tile: MatmulTile }
    | { readonly kind: "workgroup"; readonly tile: WorkgroupTile }
    | { readonly kind: "thin"; readonly tile: ThinTile }
  );

/** Candidates that the tuner is given to time, the heuristic's choice first. */
const MOST_CANDIDATES = 8;

/**
 * The legal and sensible variants for a problem, the one expected to be
 * fastest first.
 */
export function matmulVariants(
  problem: MatmulProblem,
  capabilities: Capabilities,
): [MatmulVariant, ...MatmulVariant[]] {
  const candidates = capabilities.software
    ? softwareCandidates(problem)
    : gpuCandidates(problem);
  const [best, ...others] = diverse(
    candidates
      .filter(({ variant }) => isLegal(problem, variant, capabilities))
      .sort((a, b) => a.cost - b.cost)
      .map(({ variant }) => variant),
  );
  // This one is legal everywhere.
  return [
    best ?? register(tileOf(problem, 4, 4, 64)),
    ...others.slice(0, MOST_CANDIDATES - 1),
  ];
}

/** Leaves out all but the best two ways to split the depth of a tile. */
function diverse(variants: readonly MatmulVariant[]): MatmulVariant[] {
  const seen = new Map<string, number>();
  return variants.filter(({ kind, tile }) => {
    const key = [
      kind,
      tile.tileRows,
      tile.tileColumns,
      tile.groupRows,
      tile.groupColumns,
    ].join();
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count <= 2;
  });
}

interface Candidate {
  readonly variant: MatmulVariant;
  /** Expected time in arbitrary units, comparable within one list. */
  readonly cost: number;
}

/** Lanes that one core of a software adapter computes at once. */
const LANES = 8;
/** Cores that a software adapter is assumed to use. */
const CORES = 4;

/**
 * Costs on a CPU, in cycles for all lanes of a core, fitted to lavapipe: loads
 * run lane by lane behind a bounds check, four elements at a time cheaper than
 * one.
 */
const COST = {
  product: 3,
  vectorLoad: 11,
  scalarLoad: 30,
  texelLoad: 1,
  /** Copying four elements to a texel, for all lanes. */
  texelCopy: 100,
  partialSum: 25,
  launch: 30_000,
  /** Compiling, spread over the launches of a run; large tiles take seconds. */
  compile: (tileArea: number) => 1.5e5 * (tileArea / 128) ** 7,
};

/** Beyond this, drivers take many seconds to compile a kernel. */
const MOST_TILE_AREA = 256;

function softwareCandidates(problem: MatmulProblem): Candidate[] {
  const { rows, columns, depth, layout } = problem;
  const loadA = aIsVector(problem) ? COST.vectorLoad : COST.scalarLoad;
  const loadB = bIsVector(problem) ? COST.vectorLoad : COST.scalarLoad;
  const candidates: Candidate[] = [];
  for (const tileRows of [1, 2, 4, 8, 16]) {
    if (layout === "tn" && aIsVector(problem) && tileRows % 4 !== 0) continue;
    for (const tileColumns of [4, 8, 16]) {
      for (const splits of [1, 2, 4, 8, 16]) {
        if (splits > 1 && depth / splits < 64) continue;
        const area = tileRows * tileColumns;
        if (area > MOST_TILE_AREA) continue;
        const tile = tileOf(problem, tileRows, tileColumns, LANES, splits);
        const { down, across } = tileCount(problem, tile);
        const rounds = Math.ceil(down * across * splits / CORES);
        const perDepth = area * COST.product + tileRows * loadA +
          tileColumns * loadB;
        const cost = rounds * perDepth * Math.ceil(depth / splits) +
          COST.compile(area) +
          (splits === 1 ? 0 : COST.launch +
            COST.partialSum * splits * rows * columns / LANES / CORES);
        candidates.push({ variant: register(tile), cost });
        const copied = operandTexels(problem);
        const texelCost = rounds * Math.ceil(depth / splits) *
            (area * COST.product + (tileRows + tileColumns) * COST.texelLoad) +
          COST.texelCopy * (copied.a.count + copied.b.count) / LANES / CORES +
          2 * COST.launch + COST.compile(area) +
          (splits === 1 ? 0 : COST.launch +
            COST.partialSum * splits * rows * columns / LANES / CORES);
        candidates.push({
          variant: register(tile, "texel"),
          cost: texelCost,
        });
      }
    }
  }
  return candidates;
}

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

function gpuCandidates(problem: MatmulProblem): Candidate[] {
  const { rows, columns, depth } = problem;
  const candidates: Candidate[] = [];
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

function thinCandidates(problem: MatmulProblem): Candidate[] {
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

function register(
  tile: MatmulTile,
  kind: "register" | "texel" = "register",
): MatmulVariant {
  const { tileRows, tileColumns, splits } = tile;
  return {
    kind,
    name: `${kind}_${tileRows}x${tileColumns}${splitName(splits)}`,
    tile,
  };
}

function splitName(splits: number): string {
  return splits === 1 ? "" : `_split${splits}`;
}

/** A register tile whose workgroup is wide where the matrix is. */
function tileOf(
  { columns }: MatmulProblem,
  tileRows: number,
  tileColumns: number,
  invocations: number,
  splits = 1,
): MatmulTile {
  let groupColumns = invocations;
  while (groupColumns > 1 && (groupColumns / 2) * tileColumns >= columns) {
    groupColumns /= 2;
  }
  return {
    tileRows,
    tileColumns,
    groupRows: invocations / groupColumns,
    groupColumns,
    splits,
  };
}

function isLegal(
  problem: MatmulProblem,
  { kind, tile }: MatmulVariant,
  { limits, texelReads }: Capabilities,
): boolean {
  const { rows, columns } = problem;
  if (kind === "texel") {
    const { b } = operandTexels(problem);
    const texels = b.first + b.count;
    const fits = texels <= limits.maxTextureDimension2D * TEXELS_PER_ROW;
    if (!texelReads || !fits || !isWholeTexels(problem)) return false;
  }
  const invocations = tile.groupColumns *
    (kind === "thin" ? tile.groupDepth : tile.groupRows);
  const shared = kind === "thin"
    ? thinWorkgroupBytes(tile)
    : kind === "workgroup"
    ? workgroupBytes(problem, tile)
    : 0;
  const partials = tile.splits === 1
    ? 0
    : tile.splits * rows * columns * BYTES_PER_ELEMENT;
  return invocations <= limits.maxComputeInvocationsPerWorkgroup &&
    tile.groupColumns <= limits.maxComputeWorkgroupSizeX &&
    shared <= limits.maxComputeWorkgroupStorageSize &&
    partials <= limits.maxStorageBufferBindingSize;
}
