import type { ActivationKind } from "./activation_wgsl.ts";
import type { MatmulLayout } from "./matmul_problem.ts";
import type { Tensor } from "./tensor.ts";

/**
 * A packed row-major matrix, or a stack of them one after the other; it may
 * start inside a tensor.
 */
export interface MatrixOperand {
  /** The tensor it lies in. */
  readonly tensor: Tensor;
  /** Element of the tensor where it starts. @default 0 */
  readonly offset?: number;
}

/** A matmul to append: c = activation(a·b + bias) + addend. */
export interface MatmulOperation {
  /** How a and b are stored. */
  readonly layout: MatmulLayout;
  /** Matrices of each operand. @default 1 */
  readonly matrices?: number;
  /** Rows of c. */
  readonly rows: number;
  /** Columns of c. */
  readonly columns: number;
  /** Products per element of c. */
  readonly depth: number;
  /** Left operand. */
  readonly a: MatrixOperand;
  /** Right operand. */
  readonly b: MatrixOperand;
  /** Result. */
  readonly c: MatrixOperand;
  /**
   * Operand that other launches nearby read as well: where operands are copied,
   * it lies where they find it. @default a
   */
  readonly shared?: "a" | "b";
  /** Added to each row before the activation, `(columns)`. */
  readonly bias?: Tensor;
  /** Non-linearity, and where its argument is kept. */
  readonly activation?: {
    readonly kind: ActivationKind;
    readonly pre: MatrixOperand;
  };
  /** Added last: a matrix, or what c holds already. */
  readonly addend?: MatrixOperand | "inPlace";
}
