import type {
  GraphBuilder,
  Node,
  Operands,
  OpSpec,
  Pass,
} from "../ops/op_spec.ts";
import {
  createTensor,
  type DType,
  elementCount,
  storageOf,
  type Tensor,
  type TensorRole,
} from "../ops/tensor.ts";

/**
 * A static program of one pass: operations on tensors in the order in which
 * they run. Nothing is computed and no memory taken while it is built.
 *
 * @example Building a graph
 * ```ts
 * import { Graph } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const graph = new Graph();
 * const x = graph.input("x", [2, 3]);
 * assertEquals(x.shape, [2, 3]);
 * assertEquals(graph.nodes.length, 0);
 * ```
 */
export class Graph implements GraphBuilder {
  /** The operations in the order in which they run. */
  readonly nodes: Node[] = [];
  /** Contents of constant tensors, uploaded once. */
  readonly constants: Map<Tensor, Float32Array | Uint32Array> = new Map();
  /** The pass that nodes emitted from now on belong to. */
  pass: Pass = "forward";
  #path: string[] = [];
  #block: number | undefined;

  /** Declares a tensor that the host fills before each run. */
  input(name: string, shape: readonly number[], dtype: DType = "f32"): Tensor {
    return this.variable(name, shape, "input", dtype);
  }

  /** Declares a trainable tensor. */
  parameter(name: string, shape: readonly number[]): Tensor {
    return this.variable(name, shape, "weight");
  }

  /** Declares a tensor that keeps its contents from run to run. */
  variable(
    name: string,
    shape: readonly number[],
    role: TensorRole,
    dtype: DType = "f32",
  ): Tensor {
    return createTensor({ name, shape, dtype, role });
  }

  /**
   * Declares a tensor with fixed contents.
   *
   * @throws {RangeError} if the values do not fill the shape.
   */
  constant(
    name: string,
    shape: readonly number[],
    values: Float32Array | Uint32Array,
  ): Tensor {
    if (values.length !== elementCount(shape)) {
      throw new RangeError(
        `Cannot make constant "${name}": [${shape}] does not hold ${values.length} values`,
      );
    }
    const dtype = values instanceof Uint32Array ? "u32" : "f32";
    const tensor = this.variable(name, shape, "constant", dtype);
    this.constants.set(tensor, values);
    return tensor;
  }

  /** Prefixes the labels of all nodes that `build` emits. */
  scope<Result>(name: string, build: () => Result): Result {
    this.#path.push(name);
    try {
      return build();
    } finally {
      this.#path.pop();
    }
  }

  /**
   * Marks the nodes that `build` emits as one repeated block (a layer), the
   * unit in which activations are dropped and replayed.
   */
  block<Result>(index: number, build: () => Result): Result {
    const outer = this.#block;
    this.#block = index;
    try {
      return build();
    } finally {
      this.#block = outer;
    }
  }

  /** Appends a node and returns its results by name. */
  emit<Attributes>(
    op: OpSpec<Attributes>,
    inputs: Readonly<Record<string, Tensor | undefined>>,
    attributes: Attributes,
  ): Operands {
    return this.append(op, present(inputs), attributes, {
      label: [...this.#path, op.name].join("."),
      block: this.#block,
      pass: this.pass,
    });
  }

  /** Appends a node under a given label, block and pass. */
  append<Attributes>(
    op: OpSpec<Attributes>,
    inputs: Operands,
    attributes: Attributes,
    place: Pick<Node, "label" | "block" | "pass">,
  ): Operands {
    const outputs: Record<string, Tensor> = {};
    const types = op.infer(inputs, attributes);
    for (const [name, { shape, dtype, overwrites }] of Object.entries(types)) {
      const target = overwrites ?? accumulatorOf(op, name, inputs);
      const base = target === undefined ? undefined : inputs[target];
      outputs[name] = createTensor({
        name: `${place.label}:${name}`,
        shape,
        dtype,
        role: base ? base.role : "activation",
        ...(base ? { view: { base, offset: 0 } } : {}),
      });
    }
    // Attributes are private to the op that made the node.
    this.nodes.push({ op, inputs, outputs, attributes, ...place } as Node);
    return outputs;
  }
}

function present(
  inputs: Readonly<Record<string, Tensor | undefined>>,
): Operands {
  const given: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(inputs)) {
    if (tensor) given[name] = tensor;
  }
  return given;
}

/** The operand that a result must overwrite because it accumulates there. */
function accumulatorOf<Attributes>(
  op: OpSpec<Attributes>,
  result: string,
  inputs: Operands,
): string | undefined {
  if (op.reuses?.result !== result) return undefined;
  const operand = inputs[op.reuses.operand];
  if (!operand) return undefined;
  const { role } = storageOf(operand).root;
  return role === "gradient" || role === "state"
    ? op.reuses.operand
    : undefined;
}
