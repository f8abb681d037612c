import type { KernelSource } from "./kernel_source.ts";
import {
  LINEAR_WORKGROUP,
  linearMain,
  linearWorkgroups,
  MOST_LOOP_TURNS,
  rowBlocks,
} from "./launch.ts";
import { numbered } from "./numbered.ts";
import type { GraphBuilder, LowerContext, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { NORM_OF_SQUARES, squareSums } from "./square_sums.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import {
  vectorElement,
  type VectorWidth,
  vectorWidth,
} from "./vector_width.ts";
import { workgroupTotal } from "./workgroup_total.ts";

/** Invocations of the first stage for one range, unless their loops are long. */
const MOST_PARTIALS = 8192;

/** Items that an invocation of the first stage takes, at least. */
const LEAST_ITEMS = 64;

/**
 * Global L2 norm of gradients, in a fixed order, and how many of their
 * elements are infinite or no numbers. Those do not count in the norm.
 *
 * @param graph Graph to append to.
 * @param gradients Tensors of any shapes.
 * @returns f32 `(2)`: the norm over all tensors, and the number of elements
 * that are not finite, exact up to 2²⁴.
 * @throws {ShapeError} if there is no tensor.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   gradientNorm,
 *   Graph,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const a = graph.constant("a", [2], Float32Array.of(3, 0));
 * const b = graph.constant("b", [1], Float32Array.of(4));
 * const norm = gradientNorm(graph, [a, b]);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [norm],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(norm)], [5, 0]);
 * gpu.close();
 * ```
 */
export function gradientNorm(
  graph: GraphBuilder,
  gradients: readonly Tensor[],
): Tensor {
  const inputs = numbered("gradient", gradients);
  return graph.emit(spec, inputs, { tensors: gradients.length }).norm;
}

interface Attributes {
  readonly tensors: number;
}

const spec: OpSpec<Attributes> = {
  name: "gradient_norm",
  infer(_inputs, { tensors }) {
    if (tensors === 0) {
      throw new ShapeError("Cannot take the norm of no gradients");
    }
    return { norm: { shape: [2], dtype: "f32" } };
  },
  lower,
  flops: ({ inputs }) =>
    Object.values(inputs)
      .reduce((sum, { shape }) => sum + 2 * elementCount(shape), 0),
};

interface Range {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly length: number;
  readonly width: VectorWidth;
  /** Invocations that share it, whole workgroups. */
  readonly invocations: number;
  /** Partial sums: one an invocation, or one a workgroup. */
  readonly partials: number;
  /** First partial sum. */
  readonly start: number;
}

function lower(
  { node, capabilities, scratch, dispatch }: LowerContext<Attributes>,
): void {
  const subgroups = capabilities.features.has("subgroups");
  const ranges: Range[] = [];
  let start = 0;
  for (const tensor of Object.values(node.inputs)) {
    const elements = elementCount(tensor.shape);
    const width = vectorWidth(elements);
    for (const block of rowBlocks(elements / width, [width], capabilities)) {
      const workgroups = Math.ceil(
        Math.max(
          Math.min(MOST_PARTIALS, Math.ceil(block.rows / LEAST_ITEMS)),
          Math.ceil(block.rows / MOST_LOOP_TURNS),
        ) / LINEAR_WORKGROUP,
      );
      const invocations = workgroups * LINEAR_WORKGROUP;
      const partials = subgroups ? workgroups : invocations;
      ranges.push({
        tensor,
        offset: block.start * width,
        length: block.rows * width,
        width,
        invocations,
        partials,
        start,
      });
      start += partials;
    }
  }
  const partials = scratch("partials", [start, 4]);
  for (const range of ranges) {
    const { tensor, offset, length } = range;
    dispatch({
      kernel: partialsKernel(range, subgroups),
      bindings: [{ tensor: partials }, { tensor, offset, length }],
      workgroups: linearWorkgroups(range.invocations, capabilities),
    });
  }
  dispatch({
    kernel: totalKernel(start, subgroups),
    bindings: [{ tensor: node.outputs.norm }, { tensor: partials }],
    workgroups: [1, 1, 1],
  });
}

/**
 * A workgroup sums a run of items, so that neighbours in memory are read soon
 * after each other, and each of its invocations every 64th. With subgroups a
 * workgroup leaves one sum, so that the last launch has few to add.
 */
function partialsKernel(
  { length, width, invocations, partials, start }: Range,
  subgroups: boolean,
): KernelSource {
  const items = length / width;
  const run = LINEAR_WORKGROUP * Math.ceil(items / invocations);
  const sums = `let first = index / ${LINEAR_WORKGROUP}u * ${run}u;
  let end = min(first + ${run}u, ${items}u);
  ${
    squareSums({
      width,
      first: `first + index % ${LINEAR_WORKGROUP}u`,
      end: "end",
      step: LINEAR_WORKGROUP,
      value: "gradient[item]",
    })
  }`;
  return {
    name: "gradient_norm_partials",
    bindings: [
      { name: "partials", element: "vec4<f32>", access: "write" },
      { name: "gradient", element: vectorElement(width), access: "read" },
    ],
    extensions: subgroups ? ["subgroups"] : [],
    body: subgroups
      ? `${
        workgroupTotal({
          threads: LINEAR_WORKGROUP,
          element: "vec4<f32>",
          subgroups,
        })
      }
@compute @workgroup_size(${LINEAR_WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let number = group.y * groups.x + group.x;
  if (number >= ${partials}u) { return; }
  let index = number * ${LINEAR_WORKGROUP}u + local;
  ${sums}
  let total = group_total(local, part);
  if (local == 0u) { partials[${start}u + number] = total; }
}`
      : linearMain(
        invocations,
        `${sums}
  partials[${start}u + index] = part;`,
      ),
  };
}
/** One workgroup adds all partial sums, each invocation every 64th. */
function totalKernel(count: number, subgroups: boolean): KernelSource {
  return {
    name: "gradient_norm_total",
    extensions: subgroups ? ["subgroups"] : [],
    bindings: [
      { name: "norm", element: "f32", access: "write" },
      { name: "partials", element: "vec4<f32>", access: "read" },
    ],
    body: `${
      workgroupTotal({
        threads: LINEAR_WORKGROUP,
        element: "vec4<f32>",
        subgroups,
      })
    }
@compute @workgroup_size(${LINEAR_WORKGROUP})
fn main(@builtin(local_invocation_index) local: u32) {
  var part = vec4<f32>();
  for (var at = local; at < ${count}u; at += ${LINEAR_WORKGROUP}u) {
    part += partials[at];
  }
  let sum = group_total(local, part);
  if (local != 0u) { return; }
  ${NORM_OF_SQUARES}
  norm[0] = l2;
  norm[1] = sum.z;
}`,
  };
}
