import type { Tensor } from "../../kernels/ops/tensor.ts";
import { Random } from "../../data/random.ts";
import type { ParameterSet } from "../../model/parameter_set.ts";

/**
 * Initial values of every parameter, but random ones instead of zeros, which
 * would hide what they multiply.
 */
export function* nonzeroValues(
  parameters: ParameterSet,
  seed: number,
): Generator<{ readonly tensor: Tensor; readonly values: Float32Array }> {
  for (const { tensor, values } of parameters.initialValues(seed)) {
    const random = new Random(`${seed} ${tensor.name}`);
    yield {
      tensor,
      values: values.map((value) => value || random.normal() / 16),
    };
  }
}
