import type { KernelSource } from "./kernel_source.ts";
import {
  broadcastOperands,
  bufferOperands,
  texelOperands,
} from "./matmul_operands.ts";
import type { MatmulProblem } from "./matmul_problem.ts";
import { registerKernel } from "./matmul_register_kernel.ts";
import { thinKernel } from "./matmul_thin_kernel.ts";
import { tileTraffic } from "./matmul_tile.ts";
import type { MatmulVariant } from "./matmul_variants.ts";
import { workgroupKernel } from "./matmul_workgroup_kernel.ts";

/**
 * The kernel that computes a matmul in one of its variants.
 *
 * @param problem What it depends on.
 * @param variant Template and tile.
 */
export function matmulKernel(
  problem: MatmulProblem,
  variant: MatmulVariant,
): KernelSource {
  return {
    ...kernelText(problem, variant),
    traffic: tileTraffic(problem, variant.tile),
  };
}

function kernelText(
  problem: MatmulProblem,
  variant: MatmulVariant,
): KernelSource {
  switch (variant.kind) {
    case "register":
      return registerKernel(problem, variant.tile, bufferOperands(problem));
    case "texel":
      return registerKernel(
        problem,
        variant.tile,
        texelOperands(problem),
      );
    case "broadcast":
      return registerKernel(
        problem,
        variant.tile,
        broadcastOperands(problem, variant.tile.tileRows),
      );
    case "workgroup":
      return workgroupKernel(problem, variant.tile);
    case "thin":
      return thinKernel(problem, variant.tile);
  }
}
