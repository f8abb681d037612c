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
  return tile.buffers * (a.lines * a.pitch + b.lines * b.pitch) *
    stagedFour(tile.operands).bytes;
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
  const inTurn = buffers === 2;
  const source: StepSource = {
    a: staged("a_stage", a.pitch, layout !== "tn", four, inTurn),
    b: staged("b_stage", b.pitch, layout === "nt", four, inTurn),
    tileRows,
    tileColumns,
    order: "depth",
  };
  const store = splits === 1 ? "store(" : "store_part(group_id.z, ";
  const operands = operandBindings(problem);
  const end = splits === 1
    ? `${depth}u`
    : `min(first + ${splitDepth}u, ${depth}u)`;
  const copies: readonly StageCopy[] = [
    { name: "a", stage: a, across: layout === "tn", origin: "group_row" },
    { name: "b", stage: b, across: layout !== "nt", origin: "group_column" },
  ];
  const multiply = [
    `for (var k = 0u; k < ${stageDepth}u; k += 4u) {`,
    ...tileStep(source, 4),
    "}",
  ];
  const lines = [
    ...groupPosition(problem, tile),
    ...stageOffsets(source, tile),
    ...tileSums(source),
    `let first = ${
      splits === 1 ? "0u" : `${splitNumber(problem, splits)} * ${splitDepth}u`
    };`,
    `let end = ${end};`,
    ...(inTurn
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
  return {
    name: `matmul_${layout}_workgroup_${groupRows * tileRows}x${
      groupColumns * tileColumns
    }`,
    extensions: four.extensions,
    bindings: splits === 1
      ? matmulBindings(problem, operands)
      : partialBindings(problem, operands),
    body: `${splits === 1 ? storeFunction(problem) : storePartFunction(problem)}
${
      loadFunction(problem, "a", aIsVector(problem), {
        outer: layout === "tn" ? depth : rows,
        inner: layout === "tn" ? rows : depth,
      })
    }
${
      loadFunction(problem, "b", bIsVector(problem), {
        outer: layout === "nt" ? columns : depth,
        inner: layout === "nt" ? depth : columns,
      })
    }
${four.functions}
var<workgroup> a_stage: array<${four.type}, ${buffers * a.lines * a.pitch}>;
var<workgroup> b_stage: array<${four.type}, ${buffers * b.lines * b.pitch}>;
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

/** Where an invocation's rows and columns start inside the staged blocks. */
function stageOffsets(
  { a, b }: StepSource,
  { tileRows, tileColumns, groupColumns }: WorkgroupTile,
): string[] {
  const lines: string[] = [];
  if (!a.alongDepth) {
    for (let group = 0; group < tileRows / 4; group++) {
      lines.push(
        `let a_at${group} = local.y * ${tileRows / 4}u + ${group}u;`,
      );
    }
  } else {
    for (let row = 0; row < tileRows; row++) {
      lines.push(
        `let a_at${row} = (local.y * ${tileRows}u + ${row}u) * ${
          a.stride / 4
        }u;`,
      );
    }
  }
  // Groups of four columns lie a workgroup's width apart, so that neighbours
  // read and write neighbouring vec4.
  for (let group = 0; group < tileColumns / 4; group++) {
    const at = `(local.x + ${group * groupColumns}u)`;
    if (!b.alongDepth) lines.push(`let b_at${group} = ${at};`);
    else {
      for (let lane = 0; lane < 4; lane++) {
        lines.push(
          `let b_at${group * 4 + lane} = (${at} * 4u + ${lane}u) * ${
            b.stride / 4
          }u;`,
        );
      }
    }
  }
  return lines;
}

/** WGSL function that reads four elements of a row, zero beyond the edges. */
function loadFunction(
  problem: MatmulProblem,
  name: "a" | "b",
  vector: boolean,
  { outer, inner }: { readonly outer: number; readonly inner: number },
): string {
  const start = matrixStart(problem, problem[name]);
  const at = `${start} + row * ${problem[name].stride}u + place`;
  const value = vector
    ? inner % 4 === 0
      ? `${name}[(${at}) / 4u]`
      : `select(vec4<f32>(), ${name}[(${at}) / 4u], ` +
        `vec4(place) + vec4(0u, 1u, 2u, 3u) < vec4(${inner}u))`
    : `vec4(${
      [0, 1, 2, 3].map((lane) => `load_${name}_one(row, place + ${lane}u)`)
        .join(", ")
    })`;
  const one = vector ? "" : `
fn load_${name}_one(row: u32, place: u32) -> f32 {
  if (place >= ${inner}u) { return 0.0; }
  return ${name}[${at}];
}`;
  return `${one}
fn load_${name}(row: u32, place: u32) -> vec4<f32> {
  if (row >= ${outer}u || place >= ${inner}u) { return vec4<f32>(); }
  return ${value};
}`;
}

/** An operand staged in workgroup memory, in one of two halves of it. */
function staged(
  name: "a_stage" | "b_stage",
  pitch: number,
  alongDepth: boolean,
  { read }: StagedFour,
  inTurn: boolean,
): OperandSource {
  const half = inTurn ? `${name[0]}_half + ` : "";
  return {
    alongDepth,
    stride: pitch * 4,
    vector: true,
    load: (index) => read(`${name}[${half}${index}]`),
  };
}
