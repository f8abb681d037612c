import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, LowerContext, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { startKernel } from "./start_kernel.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import {
  vectorElement,
  type VectorWidth,
  vectorWidth,
} from "./vector_width.ts";

/** Operands of {@linkcode embeddingGradient}. */
export interface EmbeddingGradientInputs {
  /** Token ids `(N)`, u32. */
  readonly tokens: Tensor;
  /** Gradient by the rows that were looked up `(N, C)`. */
  readonly upstream: Tensor;
  /** Sum so far `(V, C)`, whose storage is reused; absent for zero. */
  readonly into?: Tensor;
  /** Rows of the table, V. */
  readonly vocabulary: number;
}

/**
 * Adds the gradient of every position to its token's row of the table.
 *
 * The order of the sum is fixed without a sort: each position is linked to
 * the next one that holds the same token, and one invocation walks each chain
 * from its first position on.
 *
 * @param graph Graph to append to.
 * @param inputs Token ids, gradient by their rows, and the sum so far.
 * @returns The gradient by the table, `(V, C)`.
 * @throws {ShapeError} if the operands do not fit together.
 */
export function embeddingGradient(
  graph: GraphBuilder,
  { tokens, upstream, into, vocabulary }: EmbeddingGradientInputs,
): Tensor {
  return graph.emit(spec, { tokens, upstream, into }, { vocabulary }).sum;
}

/** Positions in a span, and words of its signature. */
const SPAN = 64;

interface Attributes {
  readonly vocabulary: number;
}

const spec: OpSpec<Attributes> = {
  name: "embedding_gradient",
  reuses: { result: "sum", operand: "into", optional: true },
  infer({ tokens, upstream, into }, { vocabulary }) {
    const shape = [vocabulary, upstream.shape[1]];
    if (upstream.shape.length !== 2 || upstream.shape[0] !== tokens.shape[0]) {
      throw new ShapeError(
        `Cannot scatter [${upstream.shape}] by ${tokens.shape} tokens: ` +
          `there must be one row a token`,
      );
    }
    if (into && into.shape.join() !== shape.join()) {
      throw new ShapeError(
        `Cannot add the gradient of a table [${shape}] to [${into.shape}]: ` +
          `shapes must be equal`,
      );
    }
    return { sum: { shape, dtype: "f32" } };
  },
  lower: lowerEmbeddingGradient,
  flops: (node) => elementCount(node.inputs.upstream.shape),
};

function lowerEmbeddingGradient(
  { node, capabilities, inPlace, scratch, dispatch }: LowerContext<Attributes>,
): void {
  const { tokens, upstream, into } = node.inputs;
  const { sum } = node.outputs;
  const [positions, columns] = upstream.shape;
  const width = vectorWidth(columns);
  const items = columns / width;
  const next = scratch("next", [positions], "u32");
  const padded = Math.ceil(positions / SPAN) * SPAN;
  const linked = scratch("linked", [padded], "u32");
  const signatures = scratch("signatures", [padded], "u32");
  dispatch({
    kernel: signatureKernel(positions, padded),
    bindings: [
      { tensor: signatures },
      { tensor: linked },
      { tensor: tokens },
    ],
    workgroups: linearWorkgroups(padded, capabilities),
  });
  dispatch({
    kernel: linkKernel(positions),
    bindings: [
      { tensor: next },
      { tensor: linked },
      { tensor: tokens },
      { tensor: signatures },
    ],
    workgroups: linearWorkgroups(positions, capabilities),
  });
  const vocabulary = sum.shape[0];
  for (const entries of rowBlocks(vocabulary, [columns], capabilities)) {
    const range = {
      offset: entries.start * columns,
      length: entries.rows * columns,
    };
    if (!inPlace) {
      dispatch({
        kernel: startKernel(entries.rows * items, width, into !== undefined),
        bindings: [
          { tensor: sum, ...range },
          ...(into ? [{ tensor: into, ...range }] : []),
        ],
        workgroups: linearWorkgroups(entries.rows * items, capabilities),
      });
    }
    for (const block of rowBlocks(positions, [columns], capabilities)) {
      dispatch({
        kernel: scatterKernel({
          positions,
          position: block.start,
          rows: block.rows,
          entry: entries.start,
          entries: entries.rows,
          items,
          width,
        }),
        bindings: [
          { tensor: sum, ...range },
          {
            tensor: upstream,
            offset: block.start * columns,
            length: block.rows * columns,
          },
          { tensor: tokens },
          { tensor: next },
          { tensor: linked },
        ],
        workgroups: linearWorkgroups(positions * items, capabilities),
      });
    }
  }
}

/**
 * Marks which tokens each span of positions holds: bit `token mod 2048` of the
 * span's 64 words. One invocation makes one word, and clears one mark.
 */
function signatureKernel(positions: number, padded: number): KernelSource {
  return {
    name: "embedding_gradient_signature",
    bindings: [
      { name: "signatures", element: "u32", access: "write" },
      { name: "linked", element: "u32", access: "write" },
      { name: "tokens", element: "u32", access: "read" },
    ],
    body: linearMain(
      padded,
      `
  let start = index - index % ${SPAN}u;
  let end = min(start + ${SPAN}u, ${positions}u);
  var word = 0u;
  for (var position = start; position < end; position++) {
    let token = tokens[position];
    let here = (token >> 5u) % ${SPAN}u == index - start;
    word |= select(0u, 1u << (token & 31u), here);
  }
  signatures[index] = word;
  linked[index] = 0u;`,
    ),
  };
}

/**
 * One invocation finds the next position with the token of its own, and marks
 * that one as not the first of its chain. A position follows at most one
 * other, so no two invocations write the same mark. Spans without the token
 * are passed over, all but one in thirty of them.
 */
function linkKernel(positions: number): KernelSource {
  return {
    name: "embedding_gradient_link",
    bindings: [
      { name: "next", element: "u32", access: "write" },
      { name: "linked", element: "u32", access: "write" },
      { name: "tokens", element: "u32", access: "read" },
      { name: "signatures", element: "u32", access: "read" },
    ],
    body: linearMain(
      positions,
      `
  let token = tokens[index];
  let word = (token >> 5u) % ${SPAN}u;
  let bit = 1u << (token & 31u);
  var position = index + 1u;
  while (position < ${positions}u) {
    if (
      position % ${SPAN}u == 0u && (signatures[position + word] & bit) == 0u
    ) {
      position += ${SPAN}u;
      continue;
    }
    if (tokens[position] == token) { break; }
    position++;
  }
  next[index] = position;
  if (position < ${positions}u) { linked[position] = 1u; }`,
    ),
  };
}

interface ScatterBlock {
  /** Positions in all, which is also the end of every chain. */
  readonly positions: number;
  /** Rows of the upstream gradient that are bound. */
  readonly position: number;
  readonly rows: number;
  /** Rows of the table that are bound. */
  readonly entry: number;
  readonly entries: number;
  /** Items of `width` elements in a row. */
  readonly items: number;
  readonly width: VectorWidth;
}

/** One invocation sums one item along the chain that starts at its position. */
function scatterKernel(block: ScatterBlock): KernelSource {
  const element = vectorElement(block.width);
  const add = `total += upstream[(position - ${block.position}u) * ` +
    `${block.items}u + column];`;
  const whole = block.rows === block.positions;
  return {
    name: "embedding_gradient_scatter",
    bindings: [
      { name: "sum", element, access: "write" },
      { name: "upstream", element, access: "read" },
      { name: "tokens", element: "u32", access: "read" },
      { name: "next", element: "u32", access: "read" },
      { name: "linked", element: "u32", access: "read" },
    ],
    body: linearMain(
      block.positions * block.items,
      `
  let column = index % ${block.items}u;
  var position = index / ${block.items}u;
  if (linked[position] != 0u) { return; }
  let entry = tokens[position] - ${block.entry}u;
  if (entry >= ${block.entries}u) { return; }
  var total = ${element}(0.0);
  while (position < ${block.positions}u) {
    ${
        whole
          ? add
          : `if (position - ${block.position}u < ${block.rows}u) { ${add} }`
      }
    position = next[position];
  }
  sum[entry * ${block.items}u + column] += total;`,
    ),
  };
}
