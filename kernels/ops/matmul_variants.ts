import type { Capabilities } from "../runtime/capabilities.ts";
import { TEXELS_PER_ROW } from "./kernel_source.ts";
import { gpuCandidates } from "./matmul_gpu_candidates.ts";
import type { MatmulProblem } from "./matmul_problem.ts";
import { softwareCandidates } from "./matmul_software_candidates.ts";
import { operandTexels } from "./matmul_texels.ts";
import { type ThinTile, thinWorkgroupBytes } from "./matmul_thin_kernel.ts";
import { type MatmulTile, registerTile } from "./matmul_tile.ts";
import { BYTES_PER_ELEMENT } from "./tensor.ts";
import type { WorkgroupTile } from "./matmul_stages.ts";
import { workgroupBytes } from "./matmul_workgroup_kernel.ts";
import type { OperandPrecision } from "./operand_precision.ts";

/** One way to compute a matmul: a kernel template and its sizes. */
export type MatmulVariant =
  & { readonly name: string }
  & (
    | { readonly kind: "register"; readonly tile: MatmulTile }
    | { readonly kind: "texel" | "broadcast"; readonly tile: MatmulTile }
    | { readonly kind: "workgroup"; readonly tile: WorkgroupTile }
    | { readonly kind: "thin"; readonly tile: ThinTile }
  );

/** Whether a variant reads copies of its operands in the operand texture. */
export function readsTexels({ kind }: MatmulVariant): boolean {
  return kind === "texel" || kind === "broadcast";
}

/** A variant and what it is expected to cost. */
export interface MatmulCandidate {
  /** The variant. */
  readonly variant: MatmulVariant;
  /** Expected time in arbitrary units, comparable within one list. */
  readonly cost: number;
}

/** Candidates that the tuner is given to time, the heuristic's choice first. */
const MOST_CANDIDATES = 32;

/**
 * The legal and sensible variants for a problem: the one expected to be fastest
 * first, then those that differ most from each other.
 */
export function matmulVariants(
  problem: MatmulProblem,
  capabilities: Capabilities,
  operands: OperandPrecision,
): [MatmulVariant, ...MatmulVariant[]] {
  const candidates = capabilities.software
    ? softwareCandidates(problem, capabilities)
    : gpuCandidates(problem, operands);
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

/**
 * Orders variants so that the first few differ in kind and in size of tile:
 * the cheapest of all, then in turn the cheapest of each kind for every size,
 * then the rest. Costs of unlike variants are the least certain.
 */
function diverse(variants: readonly MatmulVariant[]): MatmulVariant[] {
  const ofKind = new Map<string, MatmulVariant[]>();
  const sizes = new Set<string>();
  for (const variant of variants) {
    const { kind, tile } = variant;
    const family = kind === "workgroup"
      ? [kind, variant.tile.buffers, variant.tile.operands].join()
      : kind;
    const size = [family, tile.tileRows * tile.tileColumns].join();
    if (sizes.has(size)) continue;
    sizes.add(size);
    ofKind.set(family, [...ofKind.get(family) ?? [], variant]);
  }
  const kinds = [...ofKind.values()];
  const longest = Math.max(0, ...kinds.map(({ length }) => length));
  const first = Array.from({ length: longest })
    .flatMap((_, turn) => kinds.flatMap((list) => list[turn] ?? []));
  return [...new Set([...first, ...variants])];
}

function isLegal(
  problem: MatmulProblem,
  variant: MatmulVariant,
  { limits, texelReads, features }: Capabilities,
): boolean {
  const { matrices, rows, columns } = problem;
  const { kind, tile } = variant;
  if (readsTexels(variant)) {
    const { all } = operandTexels(problem);
    const fits = all <= limits.maxTextureDimension2D * TEXELS_PER_ROW;
    if (!texelReads || !fits) return false;
  }
  if (
    kind === "workgroup" && variant.tile.operands === "f16" &&
    !features.has("shader-f16")
  ) return false;
  const invocations = tile.groupColumns *
    (kind === "thin" ? variant.tile.groupDepth : tile.groupRows);
  const shared = kind === "thin"
    ? thinWorkgroupBytes(variant.tile)
    : kind === "workgroup"
    ? workgroupBytes(problem, variant.tile)
    : 0;
  const partials = tile.splits === 1
    ? 0
    : matrices * tile.splits * rows * columns * BYTES_PER_ELEMENT;
  return invocations <= limits.maxComputeInvocationsPerWorkgroup &&
    tile.groupColumns <= limits.maxComputeWorkgroupSizeX &&
    shared <= limits.maxComputeWorkgroupStorageSize &&
    partials <= limits.maxStorageBufferBindingSize;
}
