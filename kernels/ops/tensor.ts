/** Element types that a tensor can hold; both take four bytes. */
export type DType = "f32" | "u32";

/**
 * What a tensor is for. The planner accounts bytes by role, and only
 * `activation` and `scratch` tensors share memory with each other; all other
 * roles persist for as long as the program exists.
 */
export type TensorRole =
  | "input"
  | "constant"
  | "weight"
  | "gradient"
  | "moment"
  | "state"
  | "activation"
  | "scratch";

/** Shape and element type, all that a shape rule may look at. */
export interface TensorType {
  /** Lengths of the dimensions, outermost first, row-major. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: DType;
}

/**
 * A value in a graph: shape, type and role, no memory. Where its bytes live is
 * decided later, by the memory planner.
 */
export interface Tensor extends TensorType {
  /** Unique in the process. */
  readonly id: number;
  /** Name for messages and profiles, such as `h.0.attn.c_attn.weight`. */
  readonly name: string;
  /** What it is for. */
  readonly role: TensorRole;
  /**
   * Set where the tensor has no storage of its own but lies, contiguous, inside
   * another's. An operation that updates in place gives a view at offset 0.
   */
  readonly view?: {
    /** The tensor whose storage is shared. */
    readonly base: Tensor;
    /** First element inside the base. */
    readonly offset: number;
  };
}

/** Bytes of one element of either type. */
export const BYTES_PER_ELEMENT = 4;

let nextId = 0;

/**
 * Makes a tensor description.
 *
 * @throws {RangeError} if a dimension is not a positive integer, or a view
 * reaches past its base.
 *
 * @example
 * ```ts
 * import { createTensor } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const weights = createTensor({
 *   name: "weights",
 *   shape: [4, 8],
 *   dtype: "f32",
 *   role: "weight",
 * });
 * const lastRow = createTensor({
 *   name: "last row",
 *   shape: [8],
 *   dtype: "f32",
 *   role: "weight",
 *   view: { base: weights, offset: 24 },
 * });
 * assertEquals(lastRow.view?.base, weights);
 * ```
 */
export function createTensor(
  description: Omit<Tensor, "id">,
): Tensor {
  const { name, shape, view } = description;
  if (shape.some((length) => !Number.isSafeInteger(length) || length < 1)) {
    throw new RangeError(
      `Cannot make tensor "${name}": shape [${shape}] must hold positive integers`,
    );
  }
  if (
    view &&
    (view.offset < 0 ||
      view.offset + elementCount(shape) > elementCount(view.base.shape))
  ) {
    throw new RangeError(
      `Cannot make tensor "${name}": a view of [${shape}] at element ` +
        `${view.offset} reaches past "${view.base.name}" [${view.base.shape}]`,
    );
  }
  return { ...description, id: nextId++ };
}

/**
 * Number of elements of a shape.
 *
 * @example
 * ```ts
 * import { elementCount } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(elementCount([2, 3, 4]), 24);
 * assertEquals(elementCount([]), 1);
 * ```
 */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * Bytes that a tensor of this type takes.
 *
 * @example
 * ```ts
 * import { byteLength } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(byteLength({ shape: [2, 3], dtype: "f32" }), 24);
 * ```
 */
export function byteLength(type: TensorType): number {
  return elementCount(type.shape) * BYTES_PER_ELEMENT;
}

/** The storage that a tensor lies in, and the tensor's first element there. */
export function storageOf(
  tensor: Tensor,
): { readonly root: Tensor; readonly offset: number } {
  let root = tensor;
  let offset = 0;
  while (root.view) {
    offset += root.view.offset;
    root = root.view.base;
  }
  return { root, offset };
}

/** Whether a tensor outlives the pass that computes it. */
export function isPersistent(tensor: Tensor): boolean {
  const { role } = storageOf(tensor).root;
  return role !== "activation" && role !== "scratch";
}
