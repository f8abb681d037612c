import { createTensor, elementCount, type Tensor } from "./tensor.ts";

/**
 * The tensors that a stack is made of, as views into it.
 *
 * @param stack (S, …shape).
 * @returns S tensors of that shape.
 */
export function slicesOf(stack: Tensor): Tensor[] {
  const [count, ...shape] = stack.shape;
  return Array.from({ length: count }, (_, index) =>
    createTensor({
      name: `${stack.name} ${index}`,
      shape,
      dtype: stack.dtype,
      role: stack.role,
      view: { base: stack, offset: index * elementCount(shape) },
    }));
}
