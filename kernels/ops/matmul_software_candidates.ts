import { BYTES_PER_TEXEL } from "./kernel_source.ts";
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
export function softwareCandidates(problem: MatmulProblem): MatmulCandidate[] {
  const candidates: MatmulCandidate[] = [];
  for (const tileRows of [1, 2, 4, 8, 16]) {
    for (const tileColumns of [4, 8, 16]) {
      if (tileRows * tileColumns > MOST_TILE_AREA) continue;
      for (const splits of [1, 2, 4, 8, 16, 32, 64]) {
        if (splits > 1 && problem.depth / splits < 64) continue;
        const tile = registerTile(
          problem,
          tileRows,
          tileColumns,
          LANES,
          splits,
        );
        candidates.push(...candidatesOf(problem, tile));
      }
    }
  }
  return candidates;
}

function candidatesOf(
  problem: MatmulProblem,
  tile: MatmulTile,
): MatmulCandidate[] {
  const { layout, rows, columns, depth } = problem;
  const { tileRows, tileColumns, splits } = tile;
  const { down, across } = tileCount(problem, tile);
  const parts = problem.matrices * splits;
  const rounds = Math.ceil(down * across * parts / CORES);
  const area = tileRows * tileColumns;
  const depths = Math.ceil(depth / splits);
  const name = `${tileRows}x${tileColumns}${splitName(splits)}`;
  const summing = splits === 1
    ? 0
    : COST.launch + COST.partialSum * parts * rows * columns / CORES;
  const cost = (loadA: number, loadB: number) =>
    rounds *
      (depths * (area * COST.product + tileRows * loadA + tileColumns * loadB) +
        area * COST.store) + summing;
  const candidates: MatmulCandidate[] = [];
  if (layout !== "tn" || !aIsVector(problem) || tileRows % 4 === 0) {
    candidates.push({
      variant: { kind: "register", name: `register_${name}`, tile },
      cost: cost(
        aIsVector(problem) ? COST.vectorLoad : COST.scalarLoad,
        bIsVector(problem) ? COST.vectorLoad : COST.scalarLoad,
      ),
    });
  }
  const { a, b } = operandTexels(problem);
  // A texel of a may span four rows.
  if (!a.alongDepth && tileRows % 4 !== 0) return candidates;
  candidates.push({
    variant: { kind: "texel", name: `texel_${name}`, tile },
    cost: copyCost(a) + copyCost(b) + cost(
      texelCost(a, depths, tileRows * tile.groupRows),
      texelCost(b, depths, tileColumns * tile.groupColumns),
    ),
  });
  return candidates;
}

/** What a row or a column of a tile costs a depth. */
function texelCost(
  { alongDepth, pitch }: OperandTexels,
  depths: number,
  lines: number,
): number {
  if (alongDepth) {
    return lines > NEAR_LINES ? COST.scatteredLoad : COST.texelLoad;
  }
  const pages = depths * Math.min(1, pitch * BYTES_PER_TEXEL / PAGE_BYTES);
  return COST.texelLoad + (pages > NEAR_PAGES ? COST.farLoad : 0);
}

/** A plain copy runs on one core, a kernel on all. */
function copyCost({ count, plain }: OperandTexels): number {
  return plain
    ? COST.copy * 4 * count
    : COST.launch + COST.pack * 4 * count / CORES;
}
