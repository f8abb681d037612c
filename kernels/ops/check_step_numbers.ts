import { ShapeError } from "./op_spec.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Checks the shapes of what an optimizer step is told.
 *
 * @param inputs What changes from step to step, and what `gradientNorm` gives.
 * @param doing What they are for, as `update weights`.
 * @throws {ShapeError} if they do not have shapes `(8)` and `(2)`.
 */
export function checkStepNumbers(
  { hyper, norm }: Readonly<Record<"hyper" | "norm", Pick<Tensor, "shape">>>,
  doing: string,
): void {
  if (hyper.shape.join() === "8" && norm.shape.join() === "2") return;
  throw new ShapeError(
    `Cannot ${doing} with hyper [${hyper.shape}] and norm [${norm.shape}]: ` +
      "they must have shapes [8] and [2]",
  );
}
