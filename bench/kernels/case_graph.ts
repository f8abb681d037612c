import { Random } from "../../data/random.ts";
import {
  byteLength,
  elementCount,
  type Tensor,
} from "../../kernels/ops/tensor.ts";
import { Graph } from "../../kernels/plan/graph.ts";

/** A graph that is timed, with the values of its operands. */
export class CaseGraph extends Graph {
  /** What each operand is filled with before the graph runs. */
  readonly values: Map<Tensor, Float32Array | Uint32Array> = new Map();
  readonly #random = new Random("bench");

  /**
   * An operand.
   *
   * @param name Its name.
   * @param shape Its shape.
   * @param values What it holds; uniform between −½ and ½ where absent.
   * @param role Its role.
   */
  operand(
    name: string,
    shape: readonly number[],
    values?: Float32Array,
    role: Tensor["role"] = "input",
  ): Tensor {
    const tensor = this.variable(name, shape, role);
    this.values.set(
      tensor,
      values ??
        Float32Array.from(
          { length: elementCount(shape) },
          () => this.#random.uniform() - 0.5,
        ),
    );
    return tensor;
  }

  /** Random token ids (N), u32. */
  ids(name: string, count: number, vocabulary: number): Tensor {
    const tensor = this.variable(name, [count], "input", "u32");
    this.values.set(
      tensor,
      Uint32Array.from(
        { length: count },
        () => this.#random.integer(vocabulary),
      ),
    );
    return tensor;
  }

  /** Results of all nodes; planning leaves out what nobody keeps or reads. */
  get results(): Tensor[] {
    return this.nodes.flatMap(({ outputs }) => Object.values(outputs));
  }

  /** Bytes of all operands and results of all nodes. */
  get bytes(): number {
    return this.nodes
      .flatMap(({ inputs, outputs }) => [
        ...Object.values(inputs),
        ...Object.values(outputs),
      ])
      .reduce((sum, tensor) => sum + byteLength(tensor), 0);
  }

  /** Floating-point operations of all nodes. */
  get flops(): number {
    return this.nodes.reduce((sum, node) => sum + node.op.flops(node), 0);
  }
}
