import { laneSum } from "./lane_sum.ts";
import { vectorElement, type VectorWidth } from "./vector_width.ts";

/**
 * Squares of numbers above this are summed scaled down, so that the norm of
 * anything f32 holds is found (Blue 1978, doi.org/10.1145/355769.355771).
 */
const LARGE = 1e15;
const LARGE_SCALE = 2 ** -80;

/** Items that one invocation adds up. */
export interface SummedItems {
  /** Elements of an item. */
  readonly width: VectorWidth;
  /** WGSL of the first item's number. */
  readonly first: string;
  /** WGSL of one past the last item's number. */
  readonly end: string;
  /** Items from one to the next. */
  readonly step: number;
  /** WGSL that reads the item with the number `item`. */
  readonly value: string;
}

/**
 * WGSL statements that declare `part`, a vec4 of what {@linkcode NORM_OF_SQUARES}
 * takes: the sum of squares, the sum of the squares of large elements scaled
 * down, and the number of elements that are not finite, told by their exponent
 * bits because drivers may assume there are none.
 */
export function squareSums(
  { width, first, end, step, value }: SummedItems,
): string {
  const element = vectorElement(width);
  const vector = (scalar: string) => width === 4 ? `vec4<${scalar}>` : scalar;
  const sum = (name: string) => laneSum(name, width);
  return `var middle = ${element}(0.0);
  var large = ${element}(0.0);
  var broken = ${element}(0.0);
  for (var item = ${first}; item < ${end}; item += ${step}u) {
    let raw = ${value};
    let bits = bitcast<${vector("u32")}>(raw) & ${vector("u32")}(0x7f800000u);
    let finite = bits != ${vector("u32")}(0x7f800000u);
    let value = select(${element}(0.0), raw, finite);
    let is_large = abs(value) > ${element}(${LARGE});
    let small = select(value, ${element}(0.0), is_large);
    let scaled = select(${element}(0.0), value * ${LARGE_SCALE}, is_large);
    middle += small * small;
    large += scaled * scaled;
    broken += select(${element}(1.0), ${element}(0.0), finite);
  }
  let part = vec4<f32>(
    ${sum("middle")}, ${sum("large")}, ${sum("broken")}, 0.0);`;
}

/** WGSL statements that declare `l2`, the norm that `sum`, a total of parts, tells. */
export const NORM_OF_SQUARES: string =
  `// A product of both scales would be below what f32 holds.
  let large = sqrt(sum.y) * ${1 / LARGE_SCALE};
  let ratio = sqrt(sum.x) / max(large, 1.0);
  let l2 = select(sqrt(sum.x), large * sqrt(1.0 + ratio * ratio), sum.y > 0.0);`;
