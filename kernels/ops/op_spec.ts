import type { Capabilities } from "../runtime/capabilities.ts";
import type { KernelSource } from "./kernel_source.ts";
import type { OperandPrecision } from "./operand_precision.ts";
import type { DType, Tensor, TensorType } from "./tensor.ts";

/** Operands or results by name; an optional one that is not given is absent. */
export type Operands = Readonly<Record<string, Tensor>>;

/** The pass of a training step that a node belongs to. */
export type Pass = "forward" | "backward" | "update";

/** One operation in a graph. */
export interface Node<Attributes = unknown> {
  /** Which operation. */
  readonly op: OpSpec<Attributes>;
  /** Operands by name. */
  readonly inputs: Operands;
  /** Results by name. */
  readonly outputs: Operands;
  /** What is fixed when the graph is built: sizes, constants, switches. */
  readonly attributes: Attributes;
  /** Dotted path for profiles and messages, such as `h.0.attn.c_attn`. */
  readonly label: string;
  /**
   * The repeated block (layer) that the node belongs to: recomputation drops
   * and replays activations block by block. Absent outside of blocks.
   */
  readonly block?: number;
  /** Pass of the training step. */
  readonly pass: Pass;
}

/** A result that a shape rule promises. */
export interface ResultType extends TensorType {
  /** Name of the operand that this result overwrites in place, always. */
  readonly overwrites?: string;
}

/** Where ops emit nodes: the graph, as ops see it. */
export interface GraphBuilder {
  /**
   * Appends a node and returns its results by name.
   *
   * @throws {ShapeError} if the shape rule refuses the operands.
   */
  emit<Attributes>(
    op: OpSpec<Attributes>,
    inputs: Readonly<Record<string, Tensor | undefined>>,
    attributes: Attributes,
  ): Operands;
}

/** What a gradient rule works with. */
export interface GradientContext<Attributes> {
  /** The forward node being differentiated. */
  readonly node: Node<Attributes>;
  /** Receives the backward nodes. */
  readonly graph: GraphBuilder;
  /**
   * Gradient of the loss by a result of the node, or undefined where the
   * loss does not depend on it.
   */
  gradientOf(result: Tensor): Tensor | undefined;
  /** Whether the gradient by this operand is needed by anyone. */
  wants(operand: Tensor | undefined): operand is Tensor;
  /**
   * Adds a contribution to an operand's gradient. `emit` gets the sum so far
   * (a parameter's accumulator, or an earlier contribution) and returns a
   * tensor that holds the sum plus this contribution; ops take the sum as an
   * operand, so that no separate addition runs. Does nothing if the gradient
   * is not wanted.
   */
  contribute(
    operand: Tensor | undefined,
    emit: (sum: Tensor | undefined) => Tensor,
  ): void;
}

/** A range of a tensor bound to a kernel. */
export interface TensorBinding {
  /** The tensor. */
  readonly tensor: Tensor;
  /** First element bound; its byte offset must suit the alignment limit. */
  readonly offset?: number;
  /** Number of elements bound; the rest of the tensor where absent. */
  readonly length?: number;
}

/** The operand texture bound to a kernel. */
export interface TexelBinding {
  /** Number of texels in use, from the first one on. */
  readonly texels: number;
}

/** What a kernel binds: part of a tensor, or the operand texture. */
export type Binding = TensorBinding | TexelBinding;

/**
 * A copy of whole vec4s of a tensor to the operand texture, made by the device's
 * copy engine rather than by a kernel: on a CPU that is a plain memory copy.
 */
export interface TexelCopy {
  /** What the source lies in. */
  readonly binding: TensorBinding;
  /** First vec4 of the source in what is bound. */
  readonly source: number;
  /** First texel written: the start of a row of the texture. */
  readonly first: number;
  /** Texels written. */
  readonly count: number;
}

/** One kernel launch with its operands. */
export interface Dispatch {
  /** The kernel. */
  readonly kernel: KernelSource;
  /** One per declared binding, in order. */
  readonly bindings: readonly Binding[];
  /** Workgroups per dimension. */
  readonly workgroups: readonly [number, number, number];
}

/** A graph in which a problem is posed on its own. */
export interface ProblemGraph extends GraphBuilder {
  /** Declares an operand. */
  input(name: string, shape: readonly number[], dtype?: DType): Tensor;
}

/** An element of a result as it has to be. */
export interface ExpectedElement {
  /** The result. */
  readonly tensor: Tensor;
  /** Number of the element. */
  readonly index: number;
  /** Its value, computed in f64. */
  readonly value: number;
  /** Largest error that rounding explains. */
  readonly tolerance: number;
}

/** Computes samples of the results from the values of the operands. */
export type Reference = (
  valuesOf: (operand: Tensor) => Float32Array,
) => Iterable<ExpectedElement>;

/**
 * Poses a problem on its own, for variants to be timed: emits one node over new
 * operands. Returns what its results have to be, where that is known; the
 * heuristic's choice is the reference elsewhere.
 */
export type PoseProblem = (graph: ProblemGraph) => Reference | undefined;

/** What a lowering rule works with. */
export interface LowerContext<Attributes> {
  /** The node being lowered. */
  readonly node: Node<Attributes>;
  /** Limits and features of the adapter that the program is planned for. */
  readonly capabilities: Capabilities;
  /**
   * True where the result shares storage with the operand that
   * {@linkcode OpSpec.reuses} names: the kernel must then bind that storage
   * once, as the result, and read the operand's old value through it.
   */
  readonly inPlace: boolean;
  /** The coarsest numbers to which products may round this node's operands. */
  readonly operands: OperandPrecision;
  /**
   * What a key stands for, computed once for all nodes of a program's phase:
   * blocks of a model are alike, and so are their kernels.
   */
  once<Value>(key: string, compute: () => Value): Value;
  /** A tensor that lives for this node only. */
  scratch(name: string, shape: readonly number[], dtype?: DType): Tensor;
  /**
   * Texels of the operand texture, all nodes' common scratch. They are this
   * node's until its next call, because launches run in order.
   */
  texels(count: number): TexelBinding;
  /** Appends a copy to the operand texture, done before the next launch. */
  copyToTexels(copy: TexelCopy): void;
  /** Appends a launch; launches of a node run in order. */
  dispatch(dispatch: Dispatch): void;
  /**
   * Picks one of the legal variants of a kernel for a problem. The first
   * candidate is the heuristic's choice and wins unless measurements of this
   * adapter say otherwise.
   *
   * @param problem Key of op, layout and sizes, such as `matmul nt 512 512 64`.
   * @param pose Poses the problem on its own; the whole node where absent.
   */
  choose<Variant extends { readonly name: string }>(
    problem: string,
    candidates: readonly [Variant, ...Variant[]],
    pose?: PoseProblem,
  ): Variant;
}

/**
 * An operation: shape rule, gradient rule, kernels and cost.
 *
 * @example An operation of one's own
 * ```ts
 * import {
 *   add,
 *   elementCount,
 *   Executable,
 *   Graph,
 *   type GraphBuilder,
 *   linearMain,
 *   linearWorkgroups,
 *   openDevice,
 *   type OpSpec,
 *   planProgram,
 *   type Tensor,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * function scale(graph: GraphBuilder, x: Tensor, factor: number): Tensor {
 *   return graph.emit(spec, { x }, { factor }).y;
 * }
 *
 * const spec: OpSpec<{ readonly factor: number }> = {
 *   name: "scale",
 *   infer: ({ x }) => ({ y: { shape: x.shape, dtype: "f32" } }),
 *   gradient({ node, graph, gradientOf, contribute }) {
 *     const upstream = gradientOf(node.outputs.y);
 *     if (!upstream) return;
 *     contribute(node.inputs.x, (sum) => {
 *       const own = scale(graph, upstream, node.attributes.factor);
 *       return sum ? add(graph, sum, own) : own;
 *     });
 *   },
 *   lower({ node, capabilities, dispatch }) {
 *     const { x } = node.inputs;
 *     const { y } = node.outputs;
 *     const count = elementCount(x.shape);
 *     dispatch({
 *       kernel: {
 *         name: "scale",
 *         bindings: [
 *           { name: "y", element: "f32", access: "write" },
 *           { name: "x", element: "f32", access: "read" },
 *         ],
 *         body: linearMain(
 *           count,
 *           `y[index] = f32(${node.attributes.factor}) * x[index];`,
 *         ),
 *       },
 *       bindings: [{ tensor: y }, { tensor: x }],
 *       workgroups: linearWorkgroups(count, capabilities),
 *     });
 *   },
 *   flops: ({ inputs }) => elementCount(inputs.x.shape),
 * };
 *
 * const graph = new Graph();
 * const x = graph.constant("x", [3], Float32Array.of(1, 2, 3));
 * const y = scale(graph, x, 10);
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [y],
 * });
 * const program = await Executable.compile(gpu, plan);
 * program.submit(["run"]);
 * assertEquals([...await program.read(y)], [10, 20, 30]);
 * gpu.close();
 * ```
 */
export interface OpSpec<Attributes> {
  /** Name in messages and profiles. */
  readonly name: string;
  /**
   * Shape rule: types of the results by name.
   *
   * @throws {ShapeError} if operands do not fit together.
   */
  infer(
    inputs: Readonly<Record<string, TensorType>>,
    attributes: Attributes,
  ): Readonly<Record<string, ResultType>>;
  /** Gradient rule; absent where an op has no derivative. */
  gradient?(context: GradientContext<Attributes>): void;
  /** Lowering rule: emits the launches that compute the results. */
  lower(context: LowerContext<Attributes>): void;
  /**
   * A result that may take the storage of an operand of the same size, where
   * nobody reads the operand later. Where the operand is a persistent tensor
   * (a gradient accumulator), it always does.
   */
  readonly reuses?: {
    readonly result: string;
    readonly operand: string;
    /** Whether the operand may be absent, and then counts as zeros. */
    readonly optional?: boolean;
  };
  /** Floating-point operations of a node, multiply and add counted as two. */
  flops(node: Node<Attributes>): number;
  /**
   * True where replaying the node costs little next to keeping its results:
   * element-wise work and norms.
   */
  readonly cheap?: boolean;
}

/**
 * Operands of an op do not fit together.
 *
 * @example
 * ```ts
 * import { add, Graph, ShapeError } from "@minnow/minnow";
 * import { assertThrows } from "@std/assert";
 *
 * const graph = new Graph();
 * const a = graph.input("a", [2]);
 * const b = graph.input("b", [3]);
 * assertThrows(() => add(graph, a, b), ShapeError, "shapes must be equal");
 * ```
 */
export class ShapeError extends Error {
  /** Names the error class. */
  override readonly name = "ShapeError";
}
