import type { KernelSource } from "./kernel_source.ts";
import { foldWorkgroups, LINEAR_WORKGROUP, MOST_LOOP_TURNS } from "./launch.ts";
import { numbered } from "./numbered.ts";
import type { GraphBuilder, LowerContext, OpSpec } from "./op_spec.ts";
import { ShapeError } from "./op_spec.ts";
import { slicesOf } from "./slices_of.ts";
import { NORM_OF_SQUARES, squareSums } from "./square_sums.ts";
import { type StackRange, stackRanges } from "./stack_ranges.ts";
import { elementCount, type Tensor } from "./tensor.ts";
import { vectorElement } from "./vector_width.ts";
import { workgroupTotal } from "./workgroup_total.ts";

/** Items that an invocation takes, at least, where workgroups share a tensor. */
const LEAST_ITEMS = 16;

/** Workgroups that share a tensor, at most: the second stage adds them up. */
const MOST_SHARES = LINEAR_WORKGROUP;

/**
 * Stacks tensors of one shape, each divided by its L2 norm over all elements:
 * y[i] = x[i] / max(‖x[i]‖, epsilon).
 *
 * @param graph Graph to append to.
 * @param tensors Tensors of one shape, one or more.
 * @param epsilon Least divisor, above 0; a tensor of zeros stays one.
 * @returns The stack, (number of tensors, …their shape).
 * @throws {ShapeError} if shapes differ.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   normalizedStack,
 *   openDevice,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const a = graph.constant("a", [2], Float32Array.of(6, 8));
 * const b = graph.constant("b", [2], Float32Array.of(0, -2));
 * const y = normalizedStack(graph, [a, b], 1e-7);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [y],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals(
 *   await program.read(y),
 *   Float32Array.of(0.6, 0.8, 0, -1),
 * );
 * gpu.close();
 * ```
 */
export function normalizedStack(
  graph: GraphBuilder,
  tensors: readonly Tensor[],
  epsilon: number,
): Tensor {
  return graph.emit(spec, numbered("x", tensors), { epsilon }).y;
}

interface Attributes {
  readonly epsilon: number;
}

const spec: OpSpec<Attributes> = {
  name: "normalized_stack",
  infer(inputs) {
    const [first, ...others] = Object.values(inputs)
      .map(({ shape }) => shape);
    const other = others.find((shape) => shape.join() !== first.join());
    if (!first || other) {
      throw new ShapeError(
        first
          ? `Cannot stack [${first}] and [${other}]: shapes must be equal`
          : "Cannot stack no tensors",
      );
    }
    return { y: { shape: [others.length + 1, ...first], dtype: "f32" } };
  },
  lower,
  flops: ({ outputs }) => 3 * elementCount(outputs.y.shape),
};

/** A range and how workgroups share its tensors. */
interface Shared {
  readonly range: StackRange;
  /** Workgroups for each tensor. */
  readonly shares: number;
  /** Partial sums of each tensor, over all of its parts. */
  readonly sums: number;
  /** Items that a workgroup takes. */
  readonly run: number;
}

function lower(
  { node, capabilities, scratch, dispatch }: LowerContext<Attributes>,
): void {
  const tensors = Object.values(node.inputs);
  const { y } = node.outputs;
  const subgroups = capabilities.features.has("subgroups");
  const ranges = stackRanges([tensors, slicesOf(y)], capabilities);
  const shared = ranges.map((range): Shared => {
    // All ranges of a tensor count alike: the last of its parts is the smallest.
    const { items, parts } = ranges[0];
    const shares = Math.max(
      Math.min(
        Math.floor(MOST_SHARES / parts),
        Math.ceil(items / LINEAR_WORKGROUP / LEAST_ITEMS),
      ),
      Math.ceil(items / LINEAR_WORKGROUP / MOST_LOOP_TURNS),
    );
    return {
      range,
      shares,
      sums: shares * parts,
      run: Math.ceil(items / shares),
    };
  });
  const [{ sums }] = shared;
  const partials = { tensor: scratch("partials", [tensors.length * sums, 4]) };
  for (const work of shared) {
    const { range, shares } = work;
    dispatch({
      kernel: sumsKernel(work, subgroups),
      bindings: [partials, range.bindings[0]],
      workgroups: foldWorkgroups(range.count * shares, capabilities),
    });
  }
  for (const work of shared) {
    const { range, shares } = work;
    const [from, to] = range.bindings;
    dispatch({
      kernel: scaleKernel(work, node.attributes.epsilon, subgroups),
      bindings: [to, from, partials],
      workgroups: foldWorkgroups(range.count * shares, capabilities),
    });
  }
}

/** The squares of a workgroup's run of a tensor's items. */
function sumsKernel(work: Shared, subgroups: boolean): KernelSource {
  const { range, shares, sums } = work;
  const { first, part, width, places } = range;
  return {
    name: "normalized_stack_sums",
    extensions: subgroups ? ["subgroups"] : [],
    bindings: [
      { name: "partials", element: "vec4<f32>", access: "write" },
      { name: "x", element: vectorElement(width), access: "read" },
    ],
    body: shareMain(
      work,
      subgroups,
      `${
        squareSums({
          width,
          first: "first + local",
          end: "end",
          step: LINEAR_WORKGROUP,
          value: `x[${places[0]}]`,
        })
      }
  let total = group_total(local, part);
  if (local == 0u) {
    partials[(matrix + ${first}u) * ${sums}u + ${
        part * shares
      }u + share] = total;
  }`,
    ),
  };
}

/** Divides a workgroup's run by the norm that all sums of its tensor tell. */
function scaleKernel(
  work: Shared,
  epsilon: number,
  subgroups: boolean,
): KernelSource {
  const { range: { first, width, places }, sums } = work;
  const element = vectorElement(width);
  return {
    name: "normalized_stack",
    extensions: subgroups ? ["subgroups"] : [],
    bindings: [
      { name: "y", element, access: "write" },
      { name: "x", element, access: "read" },
      {
        name: "partials",
        element: "vec4<f32>",
        access: "read",
        reads: "buffer",
      },
    ],
    body: shareMain(
      work,
      subgroups,
      `var part = vec4<f32>();
  for (var at = local; at < ${sums}u; at += ${LINEAR_WORKGROUP}u) {
    part += partials[(matrix + ${first}u) * ${sums}u + at];
  }
  let sum = group_total(local, part);
  ${NORM_OF_SQUARES}
  for (var item = first + local; item < end; item += ${LINEAR_WORKGROUP}u) {
    y[${places[1]}] = x[${places[0]}] / max(l2, ${epsilon});
  }`,
    ),
  };
}

/**
 * Opens an entry point whose workgroups are shares of tensors: `matrix` is the
 * tensor, and items from `first` to `end` are the share.
 */
function shareMain(
  { range: { count, items }, shares, run }: Shared,
  subgroups: boolean,
  body: string,
): string {
  const threads = LINEAR_WORKGROUP;
  return `${workgroupTotal({ threads, element: "vec4<f32>", subgroups })}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let number = group.y * groups.x + group.x;
  if (number >= ${count * shares}u) { return; }
  let matrix = number / ${shares}u;
  let share = number % ${shares}u;
  let first = share * ${run}u;
  let end = min(first + ${run}u, ${items}u);
  ${body}
}`;
}
