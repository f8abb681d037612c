import type { Operands } from "./op_spec.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Operands of an op that takes any number of them: `x0`, `x1` and so on.
 *
 * @param name What stands before the number.
 * @param tensors The operands.
 */
export function numbered(name: string, tensors: readonly Tensor[]): Operands {
  return Object.fromEntries(
    tensors.map((tensor, index) => [`${name}${index}`, tensor]),
  );
}
