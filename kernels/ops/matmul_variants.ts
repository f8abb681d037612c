import type { Capabilities } from "../runtime/capabilities.ts";
import { TEXELS_PER_ROW } from "./kernel_source.ts";
import { gpuCandidates } from "./matmul_gpu_candidates.ts";
import type { MatmulProblem } from "./matmul_problem.ts";
import { softwareCandidates } from "./matmul_software_candidates.ts";
import { operandTexels } from "./matmul_texels.ts";
import { type ThinTile, thinWorkgroupBytes } from "./matmul_thin_kernel.ts";
import { type MatmulTile, registerTile } from "./matmul_tile.ts";
import { BYTES_PER_ELEMENT } from "./tensor.ts";
import {
  workgroupBytes,
  type WorkgroupTile,
} from "./matmul_workgroup_kernel.ts";

/** One way to compute a matmul: a kernel template and its sizes. */
export type MatmulVariant =
  & { readonly name: string }
  & (
    | { readonly kind: "register"; readonly tile: MatmulTile }
    | {
      readonly kind: "texel";
      readonly tile: MatmulTile;
      /** Whether a `nt` b is turned while it is copied. */
      readonly transposed: boolean;
    }
    | { readonly kind: "workgroup"; readonly tile: WorkgroupTile }
    | { readonly kind: "thin"; readonly tile: ThinTile }
  );

/** A variant and what it is expected to cost. */
export interface MatmulCandidate {
  /** The variant. */
  readonly variant: MatmulVariant;
  /** Expected time in arbitrary units, comparable within one list. */
  readonly cost: number;
}

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
    best ?? {
      kind: "register",
      name: "register_4x4",
      tile: registerTile(problem, 4, 4, 64),
    },
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

function isLegal(
  problem: MatmulProblem,
  variant: MatmulVariant,
  { limits, texelReads }: Capabilities,
): boolean {
  const { rows, columns } = problem;
  const { kind, tile } = variant;
  if (kind === "texel") {
    const { b } = operandTexels(problem, variant.transposed);
    const texels = b.first + b.count;
    const fits = texels <= limits.maxTextureDimension2D * TEXELS_PER_ROW;
    if (!texelReads || !fits) return false;
  }
  const invocations = tile.groupColumns *
    (kind === "thin" ? variant.tile.groupDepth : tile.groupRows);
  const shared = kind === "thin"
    ? thinWorkgroupBytes(variant.tile)
    : kind === "workgroup"
    ? workgroupBytes(problem, variant.tile)
    : 0;
  const partials = tile.splits === 1
    ? 0
    : tile.splits * rows * columns * BYTES_PER_ELEMENT;
  return invocations <= limits.maxComputeInvocationsPerWorkgroup &&
    tile.groupColumns <= limits.maxComputeWorkgroupSizeX &&
    shared <= limits.maxComputeWorkgroupStorageSize &&
    partials <= limits.maxStorageBufferBindingSize;
}
