import { unrolled } from "./attention_layout.ts";
import type { WorkgroupTile } from "./attention_workgroup_tile.ts";

/** Names `<name>_<held row>_<row of the turn>` of all pairs. */
export function pairsOf(
  { held, turn }: WorkgroupTile,
  name: string,
): string[] {
  return Array.from(
    { length: held * turn },
    (_, pair) => `${name}_${Math.floor(pair / turn)}_${pair % turn}`,
  );
}

/** A product of every pair of rows. */
export interface PairProduct {
  /** Sums are named as {@linkcode pairsOf} does. */
  readonly name: string;
  /** What the invocation holds is named `<held>_<row>_<chunk>`. */
  readonly held: string;
  /** WGSL of a chunk of a row of the turn. */
  other(row: number, chunk: number): string;
}

/** WGSL that declares products of every pair of rows. */
export function pairSums(
  tile: WorkgroupTile,
  products: readonly PairProduct[],
): string {
  const { held, slice, turn } = tile;
  const sums = products.flatMap(({ name }) => pairsOf(tile, name));
  return `
    ${sums.map((name) => `var ${name} = 0.0;`).join("\n")}
    ${
    unrolled(turn, (j) =>
      unrolled(slice, (c) =>
        products.map(({ name, held: own, other }) => `
    {
      let other = ${other(j, c)};
      ${
          unrolled(
            held,
            (i) =>
              `${name}_${i}_${j} += dot(${own}_${i}_${c}, other);`,
          )
        }
    }`).join("")))
  }`;
}

/** WGSL that declares the memory of {@linkcode exchange}. */
export function exchangeMemory(
  { rows, held, lanes }: WorkgroupTile,
  numbers: number,
): string {
  if (lanes === 1) return "";
  const team = `array<vec4<f32>, ${lanes}>`;
  return `var<workgroup> parts: array<array<${team}, ${rows / held}>, ${
    Math.ceil(numbers / 4)
  }>;`;
}

/** WGSL that adds up variables over the invocations of a row, in order. */
export function exchange(
  { lanes }: WorkgroupTile,
  variables: readonly string[],
): string {
  if (lanes === 1) return "";
  const fours = Array.from(
    { length: Math.ceil(variables.length / 4) },
    (_, index) => variables.slice(index * 4, index * 4 + 4),
  );
  return `
${
    fours.map((names, index) => {
      const values = [0, 1, 2, 3].map((place) => names[place] ?? "0.0");
      return `parts[${index}][team][lane] = vec4(${values.join(", ")});`;
    }).join("\n")
  }
workgroupBarrier();
${
    fours.map((names, index) => {
      const parts = Array.from(
        { length: lanes },
        (_, lane) => `parts[${index}][team][${lane}]`,
      );
      return `{ let sum = ${parts.join(" + ")}; ${
        names.map((name, place) => `${name} = sum[${place}];`).join(" ")
      } }`;
    }).join("\n")
  }`;
}
