import type { KernelSource } from "./kernel_source.ts";
import { linearMain, linearWorkgroups, rowBlocks } from "./launch.ts";
import type { GraphBuilder, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import {
  vectorElement,
  type VectorWidth,
  vectorWidth,
} from "./vector_width.ts";

/** Invocations that a block of elements is shared among. */
const PARTIALS = 4096;

/** Invocations that add the partial sums up. */
const FINISHERS = 64;

/**
 * L2 norm of several tensors together, and how many of their elements are not
 * finite. Infinities and NaN are told by their bits, because drivers may assume
 * that they never occur. Where the squares themselves overflow, the norm counts
 * as one more element that is not finite.
 *
 * @param graph Graph to append to.
 * @param tensors At least one tensor, any shapes.
 * @returns Norm and count, (2).
 * @throws {ShapeError} if there is no tensor.
 */
export function gradientNorm(
  graph: GraphBuilder,
  tensors: readonly Tensor[],
): Tensor {
  if (tensors.length === 0) {
    throw new ShapeError(
      "Cannot take the norm of no tensors: give one or more",
    );
  }
  const inputs = Object.fromEntries(
    tensors.map((tensor, index) => [`tensor${index}`, tensor]),
  );
  return graph.emit(spec, inputs, {}).norm;
}

const spec: OpSpec<Record<never, never>> = {
  name: "gradient_norm",
  infer: () => ({ norm: { shape: [2], dtype: "f32" } }),
  lower({ node, capabilities, scratch, dispatch }) {
    const parts = Object.values(node.inputs).flatMap((tensor) => {
      const width = vectorWidth(elementCount(tensor.shape));
      const items = elementCount(tensor.shape) / width;
      return rowBlocks(items, [width], capabilities)
        .map((block) => ({ tensor, width, ...block }));
    });
    const squares = scratch("squares", [parts.length * PARTIALS]);
    const counts = scratch("counts", [parts.length * PARTIALS]);
    parts.forEach(({ tensor, width, start, rows }, index) => {
      const own = { offset: index * PARTIALS, length: PARTIALS };
      dispatch({
        kernel: partialKernel(rows, width),
        bindings: [
          { tensor: squares, ...own },
          { tensor: counts, ...own },
          { tensor, offset: start * width, length: rows * width },
        ],
        workgroups: linearWorkgroups(PARTIALS, capabilities),
      });
    });
    dispatch({
      kernel: finishKernel(parts.length * PARTIALS),
      bindings: [
        { tensor: node.outputs.norm },
        { tensor: squares },
        { tensor: counts },
      ],
      workgroups: [1, 1, 1],
    });
  },
  flops: (node) =>
    Object.values(node.inputs)
      .reduce((sum, { shape }) => sum + 2 * elementCount(shape), 0),
};

/** Invocation i takes the items i, i + PARTIALS, … of its block. */
function partialKernel(items: number, width: VectorWidth): KernelSource {
  const element = vectorElement(width);
  const flags = width === 4 ? "vec4<u32>" : "u32";
  const total = (value: string, zero: string) =>
    width === 4 ? `dot(${value}, vec4<f32>(1.0))` : `(${value} + ${zero})`;
  return {
    name: "gradient_norm_partial",
    bindings: [
      { name: "squares", element: "f32", access: "write" },
      { name: "counts", element: "f32", access: "write" },
      { name: "values", element, access: "read" },
    ],
    body: linearMain(
      PARTIALS,
      `
  var square = ${element}(0.0);
  var count = ${element}(0.0);
  for (var item = index; item < ${items}u; item += ${PARTIALS}u) {
    let value = values[item];
    square += value * value;
    let exponent = bitcast<${flags}>(value) & ${flags}(0x7f800000u);
    count += select(${element}(0.0), ${element}(1.0), exponent == ${flags}(0x7f800000u));
  }
  squares[index] = ${total("square", "0.0")};
  counts[index] = ${total("count", "0.0")};`,
    ),
  };
}

/** One workgroup; each invocation sums a stride, the first one the rest. */
function finishKernel(partials: number): KernelSource {
  return {
    name: "gradient_norm_finish",
    bindings: [
      { name: "norm", element: "f32", access: "write" },
      { name: "squares", element: "f32", access: "read" },
      { name: "counts", element: "f32", access: "read" },
    ],
    body: `
var<workgroup> square_sums: array<f32, ${FINISHERS}>;
var<workgroup> count_sums: array<f32, ${FINISHERS}>;

@compute @workgroup_size(${FINISHERS})
fn main(@builtin(local_invocation_index) local: u32) {
  var square = 0.0;
  var count = 0.0;
  for (var i = local; i < ${partials}u; i += ${FINISHERS}u) {
    square += squares[i];
    count += counts[i];
  }
  square_sums[local] = square;
  count_sums[local] = count;
  workgroupBarrier();
  if (local != 0u) { return; }
  for (var i = 1u; i < ${FINISHERS}u; i++) {
    square += square_sums[i];
    count += count_sums[i];
  }
  let overflow = (bitcast<u32>(square) & 0x7f800000u) == 0x7f800000u;
  norm[0] = sqrt(square);
  norm[1] = count + select(0.0, 1.0, overflow && count == 0.0);
}`,
  };
}
