import type { KernelSource } from "./kernel_source.ts";
import { matmulBindings, storeFunction } from "./matmul_epilogue.ts";
import { bufferOperands } from "./matmul_operands.ts";
import type { MatmulProblem } from "./matmul_problem.ts";
import { forTile, type StepSource, tileStep, tileSums } from "./matmul_step.ts";
import {
  type MatmulTile,
  operandOffsets,
  tilePosition,
} from "./matmul_tile.ts";

/** Division of a matmul with few rows: the depth goes to many invocations. */
export interface ThinTile extends MatmulTile {
  /** Invocations of a workgroup along the depth, a power of two. */
  readonly groupDepth: number;
}

/** Bytes of workgroup memory that {@linkcode thinKernel} takes. */
export function thinWorkgroupBytes(tile: ThinTile): number {
  return tile.groupDepth * tile.groupColumns * tile.tileRows *
    tile.tileColumns * 4;
}

/**
 * Matmul for few rows, as in generation: the invocations of a workgroup share
 * the depth of one tile of c. Neighbours along the depth read neighbouring
 * vec4 of b where b is stored by columns (nt), neighbours along the columns
 * where it is stored by rows. Their sums are added pairwise in workgroup
 * memory, always in the same order.
 */
export function thinKernel(
  problem: MatmulProblem,
  tile: ThinTile,
): KernelSource {
  const { depth, layout } = problem;
  const { tileRows, tileColumns, groupColumns, groupDepth } = tile;
  const operands = bufferOperands(problem);
  const source: StepSource = {
    tileRows,
    tileColumns,
    order: "depth",
    ...operands,
  };
  const tail = depth % 4;
  const end = depth - tail;
  const sums = tileRows * tileColumns / 4;
  const slot = (index: number) => `slot + ${index}u`;
  const lines = [
    ...tilePosition(problem, tile),
    ...operandOffsets(problem, tile, operands),
    ...tileSums(source),
  ];
  if (end > 0) {
    lines.push(
      `for (var k = local.y * 4u; k < ${end}u; k += ${groupDepth * 4}u) {`,
      ...tileStep(source, 4),
      "}",
    );
  }
  if (tail > 0) {
    lines.push(
      "if (local.y == 0u) {",
      `let k = ${end}u;`,
      ...tileStep(source, tail),
      "}",
    );
  }
  const all = forTile(tileRows, tileColumns, (sum) => sum);
  lines.push(
    `let slot = (local.y * ${groupColumns}u + local.x) * ${sums}u;`,
    ...all.map((sum, index) => `sums[${slot(index)}] = ${sum};`),
    `for (var half = ${groupDepth / 2}u; half > 0u; half /= 2u) {`,
    "workgroupBarrier();",
    "if (local.y < half) {",
    `let other = slot + half * ${groupColumns * sums}u;`,
    ...all.map((_, index) =>
      `sums[${slot(index)}] += sums[other + ${index}u];`
    ),
    "}",
    "}",
    "if (local.y == 0u) {",
    ...forTile(
      tileRows,
      tileColumns,
      (_, row, group) =>
        `store(row + ${row}u, column + ${group * 4}u, ` +
        `sums[${slot(row * tileColumns / 4 + group)}]);`,
    ),
    "}",
  );
  return {
    name: `matmul_${layout}_thin_${tileRows}x${tileColumns}`,
    bindings: matmulBindings(problem, operands.bindings),
    body: `${storeFunction(problem)}
var<workgroup> sums: array<vec4<f32>, ${groupDepth * groupColumns * sums}>;
@compute @workgroup_size(${groupColumns}, ${groupDepth})
fn main(
  @builtin(workgroup_id) group_id: vec3<u32>,
  @builtin(num_workgroups) group_count: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  ${lines.join("\n  ")}
}`,
  };
}
