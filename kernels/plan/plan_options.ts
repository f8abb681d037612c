import type { OperandPrecision } from "../ops/operand_precision.ts";
import type { PoseProblem } from "../ops/op_spec.ts";
import type { Tensor } from "../ops/tensor.ts";

/** Picks one of the variants of a kernel, which an operation asks for. */
export type ChooseVariant = <Variant extends { readonly name: string }>(
  problem: string,
  candidates: readonly [Variant, ...Variant[]],
  pose: PoseProblem,
) => Variant;

/** Choices that a caller makes about a plan. */
export interface PlanOptions {
  /** Temporaries that stay readable until the next run of any phase. */
  readonly keep?: readonly Tensor[];
  /** Persistent tensors that need memory even if no phase touches them. */
  readonly tensors?: readonly Tensor[];
  /** Picks kernel variants; the heuristic's choice where absent. */
  readonly choose?: ChooseVariant;
  /**
   * The coarsest numbers to which matrix products may round their operands,
   * where that is faster; `f16` is for forward passes alone. @default "f32"
   */
  readonly operands?: OperandPrecision;
  /** Bytes of the buffer that large reads go through. @default 4 MiB */
  readonly readbackBytes?: number;
  /** Slots of the ring for small late reads. @default 0 */
  readonly ringSlots?: number;
  /** Bytes of a slot. @default 256 */
  readonly ringBytes?: number;
}
