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
  /** The same where lanes read lines far apart. */
  scatteredLoad: 8,
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

/** Beyond this, drivers take many seconds to compile a kernel. */
const MOST_TILE_AREA = 256;

/** Ways to compute a matmul where invocations are lanes of a CPU's vectors. */
export function softwareCandidates(problem: MatmulProblem): MatmulCandidate[] {
  const candidates: MatmulCandidate[] = [];
  for (const tileRows of [1, 2, 4, 8, 16]) {
    for (const tileColumns of [4, 8, 16]) {
      if (tileRows * tileColumns > MOST_TILE_AREA) continue;
      for (const splits of [1, 2, 4, 8, 16]) {
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
  const rounds = Math.ceil(down * across * splits / CORES);
  const area = tileRows * tileColumns;
  const depths = Math.ceil(depth / splits);
  const name = `${tileRows}x${tileColumns}${splitName(splits)}`;
  const summing = splits === 1
    ? 0
    : COST.launch + COST.partialSum * splits * rows * columns / CORES;
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
  if (layout === "tn" && tileRows % 4 !== 0) return candidates;
  for (const transposed of layout === "nt" ? [true, false] : [false]) {
    const { a, b } = operandTexels(problem, transposed);
    candidates.push({
      variant: {
        kind: "texel",
        name: `texel_${name}${transposed ? "_turned" : ""}`,
        tile,
        transposed,
      },
      cost: copyCost(a) + copyCost(b) + cost(
        COST.texelLoad,
        b.alongDepth ? COST.scatteredLoad : COST.texelLoad,
      ),
    });
  }
  return candidates;
}

/** A plain copy runs on one core, a kernel on all. */
function copyCost({ count, plain }: OperandTexels): number {
  return plain
    ? COST.copy * 4 * count
    : COST.launch + COST.pack * 4 * count / CORES;
}
