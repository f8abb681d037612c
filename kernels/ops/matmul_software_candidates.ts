import type { Capabilities } from "../runtime/capabilities.ts";
import { BYTES_PER_TEXEL } from "./kernel_source.ts";
import { sharesLanes, SHARING } from "./lane_sharing.ts";
import type { MatmulCandidate } from "./matmul_variants.ts";
import { aIsVector, bIsVector, type MatmulProblem } from "./matmul_problem.ts";
import { type OperandTexels, operandTexels } from "./matmul_texels.ts";
import {
  type MatmulTile,
  registerTile,
  splitName,
  tileCount,
} from "./matmul_tile.ts";

/** Lanes that one core of a software adapter computes at once. */
const LANES = 8;
/** Cores that a software adapter is assumed to use. */
const CORES = 4;

/**
 * Costs on a CPU in cycles of a core, fitted to lavapipe: of an invocation for
 * all lanes, or of an element. Loads from buffers run lane by lane behind a
 * bounds check, those of texels in vectors. What a load from a buffer costs
 * differs most from processor to processor, from 16 to 104 as vec4 were seen.
 */
const COST = {
  product: 1,
  /** Row or column of a tile and depth, read from a buffer as vec4. */
  vectorLoad: 48,
  scalarLoad: 96,
  /** Row or column of a tile and depth, read from texels. */
  texelLoad: 2.5,
  /** The same where each lane reads an eighth, and gets the others' eighths. */
  broadcastLoad: 0.6,
  /** The same where a workgroup reads many lines along the depth. */
  scatteredLoad: 8,
  /**
   * What is added for an operand that is read down its columns over more pages
   * than addresses are kept of.
   */
  farLoad: 9,
  /** Storing one sum, for all lanes. */
  store: 96,
  /** Copying an element to its texel by a kernel. */
  pack: 13,
  /** Copying an element by a plain copy. */
  copy: 1,
  /** Reading a partial sum. */
  partialSum: 6,
  launch: 50_000,
};

/** Bytes of a page of memory. */
const PAGE_BYTES = 4096;
/** Pages of which a core keeps the addresses. */
const NEAR_PAGES = 3072;
/** Lines that a workgroup may read side by side without evicting its own. */
const NEAR_LINES = 64;

/**
 * Beyond this, drivers take seconds to compile a kernel and nothing is gained:
 * on lavapipe tiles of 32×16 took 1.4 to 2.1 s and ran at 0.85 to 0.98 of the
 * rate of 16×16.
 */
const MOST_TILE_AREA = 256;

/** Ways to compute a matmul where invocations are lanes of a CPU's vectors. */
export function softwareCandidates(
  problem: MatmulProblem,
  capabilities: Capabilities,
): MatmulCandidate[] {
  const candidates: MatmulCandidate[] = [];
  const shares = sharesLanes(capabilities);
  for (const tileRows of [1, 2, 4, 8, 16, 32]) {
    for (const tileColumns of [4, 8, 16]) {
      if (tileRows * tileColumns > MOST_TILE_AREA) continue;
      for (const splits of [1, 2, 4, 8, 16, 32, 64]) {
        if (splits > 1 && problem.depth / splits < 64) continue;
        if (tileRows <= 16) {
          candidates.push(...candidatesOf(
            problem,
            registerTile(problem, tileRows, tileColumns, LANES, splits),
          ));
        }
        if (shares && tileRows % SHARING === 0) {
          candidates.push(broadcastCandidate(problem, {
            tileRows,
            tileColumns,
            groupRows: 1,
            groupColumns: SHARING,
            splits,
          }));
        }
      }
    }
  }
  return candidates;
}

function candidatesOf(
  problem: MatmulProblem,
  tile: MatmulTile,
): MatmulCandidate[] {
  const { layout } = problem;
  const { tileRows } = tile;
  const candidates: MatmulCandidate[] = [];
  if (layout !== "tn" || !aIsVector(problem) || tileRows % 4 === 0) {
    candidates.push({
      variant: { kind: "register", name: `register_${sizes(tile)}`, tile },
      cost: tileCost(
        problem,
        tile,
        aIsVector(problem) ? COST.vectorLoad : COST.scalarLoad,
        bIsVector(problem) ? COST.vectorLoad : COST.scalarLoad,
      ),
    });
  }
  const { a, b } = operandTexels(problem);
  // A texel of a may span four rows.
  if (!a.alongDepth && tileRows % 4 !== 0) return candidates;
  candidates.push({
    variant: { kind: "texel", name: `texel_${sizes(tile)}`, tile },
    cost: copyCost(a) + copyCost(b) + tileCost(
      problem,
      tile,
      texelCost(a, problem, tile, tileRows * tile.groupRows),
      texelCost(b, problem, tile, tile.tileColumns * tile.groupColumns),
    ),
  });
  return candidates;
}

function broadcastCandidate(
  problem: MatmulProblem,
  tile: MatmulTile,
): MatmulCandidate {
  const { a, b } = operandTexels(problem);
  return {
    variant: { kind: "broadcast", name: `broadcast_${sizes(tile)}`, tile },
    cost: copyCost(a) + copyCost(b) + tileCost(
      problem,
      tile,
      COST.broadcastLoad,
      texelCost(b, problem, tile, tile.tileColumns * tile.groupColumns),
    ),
  };
}

function sizes({ tileRows, tileColumns, splits }: MatmulTile): string {
  return `${tileRows}x${tileColumns}${splitName(splits)}`;
}

/** What a product costs whose rows and columns take some time a depth to load. */
function tileCost(
  problem: MatmulProblem,
  tile: MatmulTile,
  loadA: number,
  loadB: number,
): number {
  const { matrices, rows, columns, depth } = problem;
  const { tileRows, tileColumns, splits } = tile;
  const { down, across } = tileCount(problem, tile);
  const parts = matrices * splits;
  const area = tileRows * tileColumns;
  const perDepth = area * COST.product + tileRows * loadA + tileColumns * loadB;
  return Math.ceil(down * across * parts / CORES) *
      (Math.ceil(depth / splits) * perDepth + area * COST.store) +
    (splits === 1
      ? 0
      : COST.launch + COST.partialSum * parts * rows * columns / CORES);
}

/** What a row or a column of a tile costs a depth. */
function texelCost(
  { alongDepth, pitch }: OperandTexels,
  { depth }: MatmulProblem,
  { splits }: MatmulTile,
  lines: number,
): number {
  if (alongDepth) {
    return lines > NEAR_LINES ? COST.scatteredLoad : COST.texelLoad;
  }
  const pages = Math.ceil(depth / splits) *
    Math.min(1, pitch * BYTES_PER_TEXEL / PAGE_BYTES);
  return COST.texelLoad + (pages > NEAR_PAGES ? COST.farLoad : 0);
}

/** A plain copy runs on one core, a kernel on all. */
function copyCost({ count, plain }: OperandTexels): number {
  return plain
    ? COST.copy * 4 * count
    : COST.launch + COST.pack * 4 * count / CORES;
}
