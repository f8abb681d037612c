import type { BindingDeclaration, KernelSource } from "./kernel_source.ts";
import { laneSum } from "./lane_sum.ts";
import { linearMain } from "./launch.ts";
import { vectorElement, type VectorWidth } from "./vector_width.ts";

/** The packed rows that a kernel is bound to. */
export interface HeadNormBlock {
  /** Query heads at the start of each row. */
  readonly heads: number;
  /** Key heads after them. */
  readonly kvHeads: number;
  /** Elements of a head. */
  readonly headDim: number;
  /** First row; the reciprocal roots are bound as a whole. */
  readonly row: number;
  /** Number of rows. */
  readonly rows: number;
  /** Elements of a row. */
  readonly columns: number;
  /** Elements an item. */
  readonly width: VectorWidth;
}

/**
 * Divides each query and key head by the root of its mean square, in place,
 * and keeps the divided heads and the reciprocal roots for the backward pass.
 * One invocation walks over one head: heads are a few vectors wide, so that
 * neighbours read the same cache lines and no barrier is needed.
 *
 * @param block What to normalise, and what is added to the mean square.
 * @returns A linear kernel of one invocation a head.
 */
export function headNormKernel(
  block: HeadNormBlock & { readonly epsilon: number },
): KernelSource {
  const element = vectorElement(block.width);
  return {
    name: "head_norm",
    bindings: [
      { name: "x", element, access: "write", reads: "old" },
      { name: "unit", element, access: "write" },
      { name: "rstd", element: "f32", access: "write" },
      ...weights(element),
    ],
    body: overHeads(
      block,
      `
  var square = ${element}(0.0);
  for (var i = 0u; i < ITEMS; i++) { square += x[first + i] * x[first + i]; }
  let root = 1.0 / sqrt(${
        laneSum("square", block.width)
      } / ${block.headDim}.0 + f32(${block.epsilon}));
  rstd[number] = root;
  for (var i = 0u; i < ITEMS; i++) {
    let value = x[first + i] * root;
    unit[kept + i] = value;
    x[first + i] = value * WEIGHT;
  }`,
    ),
  };
}

/**
 * Turns the gradient by the normalised heads into that by the heads, in place:
 * `rstd · (g − x̂ · mean(g · x̂))` with `g` the gradient by the divided head x̂.
 *
 * @param block What to differentiate.
 * @returns A linear kernel of one invocation a head.
 */
export function headNormGradientKernel(block: HeadNormBlock): KernelSource {
  const element = vectorElement(block.width);
  return {
    name: "head_norm_gradient",
    bindings: [
      { name: "gradient", element, access: "write", reads: "old" },
      { name: "unit", element, access: "read" },
      { name: "rstd", element: "f32", access: "read" },
      ...weights(element),
    ],
    body: overHeads(
      block,
      `
  var across = ${element}(0.0);
  for (var i = 0u; i < ITEMS; i++) {
    across += gradient[first + i] * WEIGHT * unit[kept + i];
  }
  let mean = ${laneSum("across", block.width)} / ${block.headDim}.0;
  let root = rstd[number];
  for (var i = 0u; i < ITEMS; i++) {
    gradient[first + i] =
      root * (gradient[first + i] * WEIGHT - unit[kept + i] * mean);
  }`,
    ),
  };
}

/** The part of a weight's gradient that a launch sums. */
export interface HeadNormPartials extends HeadNormBlock {
  /** First of the heads that share the weight. */
  readonly firstHead: number;
  /** How many heads share it. */
  readonly sharing: number;
  /** Rows summed by one invocation; `row` is a multiple of it. */
  readonly chunkRows: number;
}

/**
 * First stage of the gradient by a weight: one invocation sums one item over
 * the heads of one chunk of rows.
 *
 * @param block What to sum.
 * @returns A linear kernel over chunks of rows and items of a head.
 */
export function headNormPartialsKernel(block: HeadNormPartials): KernelSource {
  const { rows, chunkRows, firstHead, sharing, width } = block;
  const element = vectorElement(width);
  const items = block.headDim / width;
  const chunks = Math.ceil(rows / chunkRows);
  return {
    name: "head_norm_gradient_partials",
    bindings: [
      { name: "weight", element, access: "write" },
      { name: "upstream", element, access: "read" },
      { name: "unit", element, access: "read" },
    ],
    body: linearMain(
      chunks * items,
      `
  let column = ${firstHead * items}u + index % ${items}u;
  let first = index / ${items}u * ${chunkRows}u;
  let end = min(first + ${chunkRows}u, ${rows}u);
  var sum = ${element}(0.0);
  for (var row = first; row < end; row++) {
    let start = row * ${block.columns / width}u + column;
    let kept = row * ${(block.heads + block.kvHeads) * items}u + column;
    for (var at = 0u; at < ${sharing * items}u; at += ${items}u) {
      sum += upstream[start + at] * unit[kept + at];
    }
  }
  weight[${block.row / chunkRows * items}u + index] = sum;`,
    ),
  };
}

function weights(element: "f32" | "vec4<f32>"): BindingDeclaration[] {
  return [
    { name: "query_weight", element, access: "read" },
    { name: "key_weight", element, access: "read" },
  ];
}

/**
 * One invocation a head: `number` counts heads over all rows, `first` is the
 * head's first item in the packed rows, `kept` that in the divided heads.
 */
function overHeads(block: HeadNormBlock, body: string): string {
  const { heads, kvHeads, headDim, columns, width } = block;
  const perRow = heads + kvHeads;
  const items = headDim / width;
  return linearMain(
    block.rows * perRow,
    `
  let head = index % ${perRow}u;
  let number = ${block.row * perRow}u + index;
  let first = index / ${perRow}u * ${columns / width}u + head * ${items}u;
  let kept = index * ${items}u;
  ${
      body.replaceAll("ITEMS", `${items}u`).replaceAll(
        "WEIGHT",
        `select(key_weight[i], query_weight[i], head < ${heads}u)`,
      )
    }`,
  );
}
