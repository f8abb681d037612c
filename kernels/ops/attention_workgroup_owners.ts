import { type AttentionLayout, unrolled } from "./attention_layout.ts";
import type { WorkgroupTile } from "./attention_workgroup_tile.ts";

const ELEMENTS = ["x", "y", "z", "w"];

/** What is done with pairs of rows whose products are complete. */
export interface OwnersStep {
  /** Products of a pair, named `<name>_<held row>_<row of the turn>`. */
  readonly sums: readonly string[];
  /** Which of these names all invocations of the team use afterwards. */
  readonly results: readonly string[];
  /** A number of held rows, `<name>_<row>`, that all are told as well. */
  readonly rowResult?: string;
  /**
   * WGSL that declares the rows' result and assigns the pairs' results. Names
   * count from the first row owned and the first row that it pairs with.
   */
  readonly body: string;
}

/**
 * WGSL that declares where an owner gets parts from its team and tells it what
 * came of them. `rest` also keeps owners in different memory banks.
 */
export function ownersMemory(
  { rows, held, lanes, pairs: { owners, vectors } }: WorkgroupTile,
): string {
  if (lanes === 1) return "";
  return `
struct Owned { parts: array<array<vec4<f32>, ${lanes}>, ${vectors}>, rest: vec4<f32> }
var<workgroup> owned: array<array<Owned, ${owners}>, ${rows / held}>;`;
}

/**
 * WGSL: `mine_<row>`, positions of the rows of which an invocation owns pairs,
 * and `other_first`, the first row of the turn that they pair with.
 */
export function ownersPlaces(
  { held, turn, lanes, pairs }: WorkgroupTile,
): string {
  const { rows, others } = pairs;
  if (lanes === 1) {
    return `${unrolled(held, (i) => `let mine_${i} = place_${i};`)}
  const other_first = 0u;`;
  }
  const parts = turn / others;
  const row = (r: number) =>
    parts > 1 ? `lane / ${parts}u` : `lane * ${rows}u + ${r}u`;
  return `${
    unrolled(
      rows,
      (r) => `let mine_${r} = first + team * ${held}u + ${row(r)};`,
    )
  }
  ${
    parts > 1
      ? `let other_first = lane % ${parts}u * ${others}u;`
      : "const other_first = 0u;"
  }`;
}

/**
 * WGSL condition: row number `row` of those owned is there, and the invocation
 * the first that owns pairs of it.
 */
export function ownsRow(
  { length }: AttentionLayout,
  { held, turn, lanes, pairs }: WorkgroupTile,
  row: number,
): string {
  const { owners, rows, others } = pairs;
  return [
    `mine_${row} < ${length}u`,
    ...(owners < lanes ? [`lane < ${owners}u`] : []),
    ...(others < turn ? ["other_first == 0u"] : []),
    ...(owners * rows > held && others === turn
      ? [`lane * ${rows}u + ${row}u < ${held}u`]
      : []),
  ].join(" && ");
}

/**
 * WGSL that completes products over the slices of a team, each by its owner, in
 * the order of the slices; the owner takes the step, the team learns what comes
 * of it.
 */
export function byOwners(tile: WorkgroupTile, step: OwnersStep): string {
  if (tile.lanes === 1) return step.body;
  const { lanes, pairs: { owners, rows, others, vectors } } = tile;
  const own = (names: readonly string[]) =>
    names.flatMap((name) =>
      Array.from(
        { length: rows * others },
        (_, at) => `${name}_${Math.floor(at / others)}_${at % others}`,
      )
    );
  const known = (names: readonly string[], owner: number) =>
    names.flatMap((name) => namesOf(tile, owner, name));
  return `
${
    unrolled(owners, (owner) =>
      fours(known(step.sums, owner)).map((four, vector) =>
        `owned[team][${owner}].parts[${vector}][lane] = ${four};`
      ).join("\n"))
  }
workgroupBarrier();
${owners < lanes ? `if (lane < ${owners}u) ` : ""}{
  ${
    unrolled(vectors, (vector) =>
      `let sum_${vector} = ${
        Array.from(
          { length: lanes },
          (_, from) => `owned[team][lane].parts[${vector}][${from}]`,
        ).join(" + ")
      };`)
  }
  ${
    own(step.sums).map((name, at) =>
      `var ${name} = sum_${Math.floor(at / 4)}.${ELEMENTS[at % 4]};`
    ).join("\n")
  }
  ${step.body}
  ${
    fours(own(step.results)).map((four, vector) =>
      `owned[team][lane].parts[${vector}][0] = ${four};`
    ).join("\n")
  }
  ${step.rowResult ? tell(tile, step.rowResult) : ""}
}
workgroupBarrier();
${
    unrolled(owners, (owner) =>
      known(step.results, owner).map((name, at) =>
        name === NONE
          ? ""
          : `${name} = owned[team][${owner}].parts[${Math.floor(at / 4)}][0].${
            ELEMENTS[at % 4]
          };`
      ).join("\n"))
  }
${step.rowResult ? learn(tile, step.rowResult) : ""}`;
}

/** WGSL by which the owners of rows tell the team a number, `<name>_<row>`. */
export function tellRows(
  tile: WorkgroupTile,
  name: string,
  value: (row: number) => string,
): string {
  const { lanes, pairs: { owners, rows } } = tile;
  const declared = unrolled(rows, (r) => `let ${name}_${r} = ${value(r)};`);
  if (lanes === 1) return declared;
  return `
  workgroupBarrier();
  ${owners < lanes ? `if (lane < ${owners}u) ` : ""}{
    ${declared}
    ${tell(tile, name)}
  }
  workgroupBarrier();
  ${learn(tile, name)}`;
}

/** What stands for rows that nobody holds. */
const NONE = "0.0";

function tell({ pairs: { rows } }: WorkgroupTile, name: string): string {
  const [four] = fours(Array.from({ length: rows }, (_, r) => `${name}_${r}`));
  return `owned[team][lane].rest = ${four};`;
}

function learn(
  { held, pairs: { rows } }: WorkgroupTile,
  name: string,
): string {
  return unrolled(
    held,
    (i) =>
      `let ${name}_${i} = owned[team][${Math.floor(i / rows)}].rest.${
        ELEMENTS[i % rows]
      };`,
  );
}

/** Names of the pairs of an owner among those of its team, row by row. */
function namesOf(
  { held, turn, pairs: { rows, others } }: WorkgroupTile,
  owner: number,
  name: string,
): string[] {
  return Array.from({ length: rows * others }, (_, at) => {
    const pair = owner * rows * others + at;
    const row = Math.floor(pair / turn);
    return row < held ? `${name}_${row}_${pair % turn}` : NONE;
  });
}

/** WGSL of vectors of numbers, the last filled up. */
function fours(numbers: readonly string[]): string[] {
  return Array.from(
    { length: Math.ceil(numbers.length / 4) },
    (_, vector) =>
      `vec4(${
        ELEMENTS.map((_, place) => numbers[vector * 4 + place] ?? NONE)
          .join(", ")
      })`,
  );
}
