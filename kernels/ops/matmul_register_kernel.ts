import type { KernelSource } from "./kernel_source.ts";
import {
  biasVector,
  matmulBindings,
  partialBindings,
  storeFunction,
  storePartFunction,
} from "./matmul_epilogue.ts";
import type { MatmulOperandSources } from "./matmul_operands.ts";
import { type MatmulProblem, splitNumber } from "./matmul_problem.ts";
import { forTile, type StepSource, tileStep, tileSums } from "./matmul_step.ts";
import {
  type MatmulTile,
  operandOffsets,
  tilePosition,
} from "./matmul_tile.ts";

/**
 * Matmul without workgroup memory: one invocation computes a tile of c in
 * named vec4 variables, reading each operand once per step of four along the
 * depth. Best where shader invocations are lanes of a CPU's vectors.
 *
 * Reads beyond an edge are clamped to the last row or column, so that the
 * inner loop has no branch; only stores are guarded. With `splits` above one
 * the result is partial sums `(splits, rows, columns)` without the epilogue.
 */
export function registerKernel(
  problem: MatmulProblem,
  tile: MatmulTile,
  operands: MatmulOperandSources,
): KernelSource {
  const { depth, layout } = problem;
  const { splits, tileRows, tileColumns } = tile;
  const source: StepSource = {
    tileRows,
    tileColumns,
    order: "sum",
    ...operands,
  };
  // A whole number of steps, so that every split starts on a vec4.
  const splitDepth = Math.ceil(depth / splits / 4) * 4;
  const split = splitNumber(problem, splits);
  const tail = depth % 4;
  const end = depth - tail;
  // CPUs vectorise along one dimension of a workgroup only.
  const lines = [
    ...tilePosition(problem, tile),
    ...operandOffsets(problem, tile, operands),
    ...tileSums(source),
  ];
  if (end > 0) {
    lines.push(
      splits === 1
        ? `for (var k = 0u; k < ${end}u; k += 4u) {`
        : `let first = ${split} * ${splitDepth}u;\n` +
          `for (var k = first; k < min(first + ${splitDepth}u, ${end}u); k += 4u) {`,
      ...tileStep(source, 4),
      "}",
    );
  }
  if (tail > 0) {
    // Odd depths: the last one to three products, once, in the split they
    // belong to.
    lines.push(
      splits === 1
        ? "{"
        : `if (${split} == ${Math.floor(end / splitDepth)}u) {`,
      `let k = ${end}u;`,
      ...tileStep(source, tail),
      "}",
    );
  }
  const biased = splits === 1 && problem.epilogue.biasBase !== undefined;
  if (biased) {
    // Once for all rows, rather than in every store.
    for (let group = 0; group < tileColumns / 4; group++) {
      lines.push(
        `var bias_${group} = vec4<f32>();`,
        `{ let column = column + ${group * 4}u; bias_${group} = ${
          biasVector(problem)
        }; }`,
      );
    }
  }
  const store = splits === 1 ? "store(" : "store_part(group_id.z, ";
  const storeSum = (row: string, group: number, sum: string) =>
    `${store}row + ${row}, column + ${group * 4}u, ${sum}${
      biased ? ` + bias_${group}` : ""
    });`;
  lines.push(
    ...(tileRows > MOST_STORED_ROWS ? storeByTurns(source, storeSum) : forTile(
      tileRows,
      tileColumns,
      (sum, row, group) => storeSum(`${row}u`, group, sum),
    )),
  );
  const options = {
    wholeRows: problem.rows % (tileRows * tile.groupRows) === 0,
    wholeColumns: problem.columns % (tileColumns * tile.groupColumns) === 0,
    biasAdded: biased,
  };
  return {
    name: `matmul_${layout}_${operands.kind}_${tileRows}x${tileColumns}`,
    extensions: operands.a.shared ? ["subgroups"] : [],
    bindings: splits === 1
      ? matmulBindings(problem, operands.bindings)
      : partialBindings(problem, operands.bindings),
    body: `${
      splits === 1
        ? storeFunction(problem, options)
        : storePartFunction(problem, options)
    }
@compute @workgroup_size(${tile.groupColumns * tile.groupRows})
fn main(
  @builtin(workgroup_id) group_id: vec3<u32>,
  @builtin(num_workgroups) group_count: vec3<u32>,
  @builtin(${
      operands.a.shared ? "subgroup_invocation_id" : "local_invocation_index"
    }) lane: u32,
) {
  let local = vec2(lane % ${tile.groupColumns}u, lane / ${tile.groupColumns}u);
  ${lines.join("\n  ")}
}`,
  };
}

/** Rows of a tile that are stored by code of their own; tiles have 1 to 32. */
const MOST_STORED_ROWS = 4;

/**
 * Stores some rows of the tile in each turn of a loop. Drivers that run shaders
 * on a CPU turn every store into code for each of its lanes, which takes as long
 * to compile as all products; yet the fewer rows a turn has, the more sums there
 * are to select from for each. The number of turns is the tile's, but written so
 * that they cannot know it: they would unroll the loop again.
 */
function storeByTurns(
  { tileRows, tileColumns }: StepSource,
  storeSum: (row: string, group: number, sum: string) => string,
): string[] {
  const turns = tileRows / MOST_STORED_ROWS;
  return [
    `for (var turn = 0u; turn < min(${turns}u, group_count.x * ${turns}u); turn++) {`,
    ...forTile(
      MOST_STORED_ROWS,
      tileColumns,
      (_, row, group) =>
        storeSum(
          `turn * ${MOST_STORED_ROWS}u + ${row}u`,
          group,
          sumOfTurn(0, turns, (turn) =>
            `c${turn * MOST_STORED_ROWS + row}_${group}`),
        ),
    ),
    "}",
  ];
}

/** WGSL that selects what belongs to `turn` out of `turns` turns. */
function sumOfTurn(
  first: number,
  turns: number,
  sumOf: (turn: number) => string,
): string {
  if (turns === 1) return sumOf(first);
  const half = turns >> 1;
  const middle = first + half;
  return `select(${sumOfTurn(first, half, sumOf)}, ` +
    `${sumOfTurn(middle, turns - half, sumOf)}, turn >= ${middle}u)`;
}
