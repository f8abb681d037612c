import type { KernelSource } from "./kernel_source.ts";
import { linearMain } from "./launch.ts";
import { vectorElement } from "./vector_width.ts";

/** The rows that a rotation is bound to. */
export interface RopeBlock {
  /** Heads to rotate at the start of each row. */
  readonly heads: number;
  /** Elements of a head. */
  readonly headDim: number;
  /** Leading elements of a head that are rotated. */
  readonly rotary: number;
  /** Length of each sequence. */
  readonly period: number;
  /** Whether neighbours form a pair. */
  readonly interleaved?: boolean;
  /** First row. */
  readonly row: number;
  /** Number of rows. */
  readonly rows: number;
  /** Elements of a row. */
  readonly columns: number;
  /** Positions in the table. */
  readonly positions: number;
  /** Whether positions start at an offset that a third binding holds. */
  readonly offset: boolean;
  /** Whether to turn back. */
  readonly inverse: boolean;
}

/**
 * Pairs that an invocation rotates: as many as let it read vectors.
 *
 * @param columns Elements of a row.
 * @param layout Layout of the heads.
 * @returns 4 or 1, for neighbours as pairs 2 or 1.
 */
export function ropeWidth(
  columns: number,
  { headDim, rotary, interleaved }: Pick<
    RopeBlock,
    "headDim" | "rotary" | "interleaved"
  >,
): 1 | 2 | 4 {
  if (columns % 4 !== 0 || headDim % 4 !== 0) return 1;
  if (interleaved) return rotary % 4 === 0 ? 2 : 1;
  return rotary % 8 === 0 ? 4 : 1;
}

/**
 * Turns the pairs of the leading heads in place.
 *
 * @param block What to rotate.
 * @returns A linear kernel of {@linkcode ropeWidth} pairs an invocation.
 */
export function ropeKernel(block: RopeBlock): KernelSource {
  const { heads, headDim, rotary, columns, interleaved } = block;
  const pairs = ropeWidth(columns, block);
  const width = pairs === 1 ? 1 : 4;
  const element = vectorElement(width);
  const perHead = rotary / 2 / pairs;
  const perRow = heads * perHead;
  // Distance from a pair's first element to its second, and between the first
  // elements of neighbouring invocations, in bound items.
  const reach = interleaved ? 1 : rotary / 2 / width;
  const stride = interleaved && pairs === 1 ? 2 : 1;
  return {
    name: "rope",
    bindings: [
      { name: "x", element, access: "write", reads: "old" },
      { name: "table", element, access: "read" },
      ...(block.offset
        ? [{ name: "offset", element: "u32", access: "read" } as const]
        : []),
    ],
    body: linearMain(
      block.rows * perRow,
      `
  let row = index / ${perRow}u;
  let head = index % ${perRow}u / ${perHead}u;
  let pair = index % ${perHead}u;
  let position = (${block.row}u + row) % ${block.period}u${
        block.offset ? " + offset[0]" : ""
      };
  let known = position < ${block.positions}u;
  let angle = select(0u, position, known) * ${rotary / width}u + pair * ${
        2 * pairs / width
      }u;
  let first = row * ${columns / width}u + head * ${
        headDim / width
      }u + pair * ${stride}u;
  let second = first + ${reach}u;
  ${ROTATIONS[pairs](block.inverse ? "-" : "")}`,
    ),
  };
}

type Rotation = (sign: "" | "-") => string;

const ROTATIONS: Readonly<Record<1 | 2 | 4, Rotation>> = {
  1: (sign) => `
  let cosine = select(0.0, table[angle], known);
  let sine = select(0.0, ${sign}table[angle + 1u], known);
  let a = x[first];
  let b = x[second];
  x[first] = a * cosine - b * sine;
  x[second] = b * cosine + a * sine;`,
  2: (sign) => `
  let turn = select(vec4<f32>(0.0), table[angle], known);
  let cosine = turn.xxzz;
  let sine = vec4<f32>(-1.0, 1.0, -1.0, 1.0) * ${sign}turn.yyww;
  let a = x[first];
  x[first] = a * cosine + a.yxwz * sine;`,
  4: (sign) => `
  let low = select(vec4<f32>(0.0), table[angle], known);
  let high = select(vec4<f32>(0.0), table[angle + 1u], known);
  let cosine = vec4<f32>(low.xz, high.xz);
  let sine = ${sign}vec4<f32>(low.yw, high.yw);
  let a = x[first];
  let b = x[second];
  x[first] = a * cosine - b * sine;
  x[second] = b * cosine + a * sine;`,
};
