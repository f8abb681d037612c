import { unrolled } from "./attention_layout.ts";
import type { WorkgroupTile } from "./attention_workgroup_tile.ts";

/** A product of every pair of rows. */
export interface PairProduct {
  /** Sums are named `<name>_<held row>_<row of the turn>`. */
  readonly name: string;
  /** What the invocation holds is named `<held>_<row>_<chunk>`. */
  readonly held: string;
  /** WGSL of a chunk of a row of the turn. */
  other(row: number, chunk: number): string;
}

/** WGSL that declares products of every pair of rows, over the own slice. */
export function pairSums(
  { held, slice, turn }: WorkgroupTile,
  products: readonly PairProduct[],
): string {
  // One chain of multiply-adds: compilers add up dot products on their own.
  const added = (sum: string, own: string) =>
    ["x", "y", "z", "w"].map((element) =>
      `${sum} += ${own}.${element} * other.${element};`
    ).join(" ");
  return `
    ${
    products.map(({ name }) =>
      unrolled(
        held,
        (i) => unrolled(turn, (j) => `var ${name}_${i}_${j} = 0.0;`),
      )
    ).join("\n")
  }
    ${
    unrolled(turn, (j) =>
      unrolled(slice, (c) =>
        products.map(({ name, held: own, other }) => `
    {
      let other = ${other(j, c)};
      ${
          unrolled(held, (i) => added(`${name}_${i}_${j}`, `${own}_${i}_${c}`))
        }
    }`).join("")))
  }`;
}
