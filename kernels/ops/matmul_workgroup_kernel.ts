import type { KernelSource } from "./kernel_source.ts";
import {
  matmulBindings,
  partialBindings,
  storeFunction,
  storePartFunction,
} from "./matmul_epilogue.ts";
import {
  aIsVector,
  bIsVector,
  type MatmulProblem,
  matrixStart,
  operandBindings,
  splitNumber,
} from "./matmul_problem.ts";
import {
  forTile,
  type OperandSource,
  type StepSource,
  tileStep,
  tileSums,
} from "./matmul_step.ts";
import {
  overlappedStages,
  type Stage,
  type StageCopy,
  stages,
  stagesInTurn,
  type WorkgroupTile,
} from "./matmul_stages.ts";
import { groupPosition } from "./matmul_tile.ts";
import { type StagedFour, stagedFour } from "./staged_four.ts";

/** Bytes of workgroup memory that {@linkcode workgroupKernel} takes. */
export function workgroupBytes(
  { layout }: MatmulProblem,
  tile: WorkgroupTile,
): number {
  const { a, b } = stages(layout, tile);
  return tile.buffers * (fours(a) + fours(b)) *
    stagedFour(tile.operands).bytes;
}

function fours({ lengths }: Stage): number {
  return lengths.reduce((all, length) => all * length);
}

/**
 * The classic GPU matmul: a workgroup copies a block of each operand into
 * workgroup memory, every invocation multiplies a tile out of it, and so on
 * along the depth. Invocations next to each other read and write next to each
 * other. Copies beyond an edge are zero, so that the inner loop has no branch.
 */
export function workgroupKernel(
  problem: MatmulProblem,
  tile: WorkgroupTile,
): KernelSource {
  const { layout, rows, columns, depth } = problem;
  const { tileRows, tileColumns, groupRows, groupColumns, splits } = tile;
  const { stageDepth, buffers } = tile;
  const splitDepth = Math.ceil(depth / splits / stageDepth) * stageDepth;
  const four = stagedFour(tile.operands);
  const { a, b } = stages(layout, tile);
  const source: StepSource = {
    a: staged("a", a, four, buffers),
    b: staged("b", b, four, buffers),
    tileRows,
    tileColumns,
    // Many rows of four depths at once would not leave registers for the sums.
    order: tileRows > 8 && a.alongDepth ? "sum" : "depth",
  };
  const store = splits === 1 ? "store(" : "store_part(group_id.z, ";
  const operands = operandBindings(problem);
  const end = splits === 1
    ? `${depth}u`
    : `min(first + ${splitDepth}u, ${depth}u)`;
  const copies: readonly StageCopy[] = [
    { name: "a", stage: a, origin: "group_row" },
    { name: "b", stage: b, origin: "group_column" },
  ];
  const multiply = Array.from(
    { length: stageDepth / 4 },
    (_, step) => ["{", ...tileStep(source, 4, step * 4), "}"],
  ).flat();
  const lines = [
    ...groupPosition(problem, tile),
    ...tileSums(source),
    `let first = ${
      splits === 1 ? "0u" : `${splitNumber(problem, splits)} * ${splitDepth}u`
    };`,
    `let end = ${end};`,
    ...(buffers === 2
      ? overlappedStages(copies, multiply, tile)
      : stagesInTurn(copies, multiply, tile)),
    ...forTile(
      tileRows,
      tileColumns,
      (sum, row, group) =>
        `${store}group_row + local.y * ${tileRows}u + ${row}u, ` +
        `group_column + (local.x + ${group * groupColumns}u) * 4u, ${sum});`,
    ),
  ];
  const ofRows = dimension(rows, groupRows * tileRows);
  const ofColumns = dimension(columns, groupColumns * tileColumns);
  const ofDepth = dimension(depth, stageDepth);
  const whole = {
    wholeRows: ofRows.whole,
    wholeColumns: ofColumns.whole,
  };
  return {
    name: `matmul_${layout}_workgroup_${groupRows * tileRows}x${
      groupColumns * tileColumns
    }`,
    extensions: four.extensions,
    bindings: splits === 1
      ? matmulBindings(problem, operands)
      : partialBindings(problem, operands),
    body: `${
      splits === 1
        ? storeFunction(problem, whole)
        : storePartFunction(problem, whole)
    }
${
      loadFunction(
        problem,
        "a",
        aIsVector(problem),
        a.alongDepth ? [ofRows, ofDepth] : [ofDepth, ofRows],
      )
    }
${
      loadFunction(
        problem,
        "b",
        bIsVector(problem),
        b.alongDepth ? [ofColumns, ofDepth] : [ofDepth, ofColumns],
      )
    }
${four.functions}
var<workgroup> a_stage: ${stageType(a, four.type, buffers)};
var<workgroup> b_stage: ${stageType(b, four.type, buffers)};
@compute @workgroup_size(${groupColumns}, ${groupRows})
fn main(
  @builtin(workgroup_id) group_id: vec3<u32>,
  @builtin(num_workgroups) group_count: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) local_index: u32,
) {
  ${lines.join("\n  ")}
}`,
  };
}

/** WGSL type of staged blocks: one, or an array of two. */
function stageType({ lengths }: Stage, four: string, buffers: 1 | 2): string {
  return [...(buffers === 2 ? [2] : []), ...lengths].reduceRight(
    (type, length) => `array<${type}, ${length}>`,
    four,
  );
}

/** A dimension of a matrix, and whether staged blocks end where it does. */
interface Dimension {
  readonly length: number;
  readonly whole: boolean;
}

function dimension(length: number, step: number): Dimension {
  return { length, whole: length % step === 0 };
}

/** WGSL function that reads four elements of a row, zero beyond the edges. */
function loadFunction(
  problem: MatmulProblem,
  name: "a" | "b",
  vector: boolean,
  [outer, inner]: readonly [Dimension, Dimension],
): string {
  const start = matrixStart(problem, problem[name]);
  const at = `${start} + row * ${problem[name].stride}u + place`;
  const value = vector
    ? inner.length % 4 === 0
      ? `${name}[(${at}) / 4u]`
      : `select(vec4<f32>(), ${name}[(${at}) / 4u], ` +
        `vec4(place) + vec4(0u, 1u, 2u, 3u) < vec4(${inner.length}u))`
    : `vec4(${
      [0, 1, 2, 3].map((lane) => `load_${name}_one(row, place + ${lane}u)`)
        .join(", ")
    })`;
  const one = vector ? "" : `
fn load_${name}_one(row: u32, place: u32) -> f32 {
  if (place >= ${inner.length}u) { return 0.0; }
  return ${name}[${at}];
}`;
  const beyond = [
    ...(outer.whole ? [] : [`row >= ${outer.length}u`]),
    ...(inner.whole ? [] : [`place >= ${inner.length}u`]),
  ];
  return `${one}
fn load_${name}(row: u32, place: u32) -> vec4<f32> {
  ${
    beyond.length > 0
      ? `if (${beyond.join(" || ")}) { return vec4<f32>(); }`
      : ""
  }
  return ${value};
}`;
}

/** An operand staged in workgroup memory, in one of two halves of it. */
function staged(
  name: "a" | "b",
  stage: Stage,
  { read }: StagedFour,
  buffers: 1 | 2,
): OperandSource {
  const block = `${name}_stage${buffers === 2 ? "[half]" : ""}`;
  return {
    alongDepth: stage.alongDepth,
    vector: true,
    load: (line, depth) => read(`${block}${stage.read(line, depth)}`),
  };
}
