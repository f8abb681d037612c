import {
  createTensor,
  type Tensor,
  type TensorRole,
} from "../kernels/ops/tensor.ts";

/** Optimizers that there are: AdamW for all, or Muon for hidden matrices. */
export type OptimizerKind = "adamw" | "muon";

/** What is stored beside weights and gradients. */
export interface ParameterStorage {
  /** What updates hidden matrices; AdamW has the rest. @default "adamw" */
  readonly optimizer?: OptimizerKind;
  /** Whether an average of the weights is kept. @default false */
  readonly averaged?: boolean;
}

/** A flat tensor that many parameters lie in, with what belongs to it. */
export type ParameterPack =
  & {
    /** Whether weight decay applies to all of it. */
    readonly decay: boolean;
    /** The weights. */
    readonly weight: Tensor;
    /** The gradients' accumulator. */
    readonly gradient: Tensor;
    /** Average of the weights, where there is one. */
    readonly average?: Tensor;
  }
  & (
    | {
      /** What updates it. */
      readonly optimizer: "adamw";
      /** First moments. */
      readonly firstMoment: Tensor;
      /** Second moments. */
      readonly secondMoment: Tensor;
    }
    | {
      /** What updates it. */
      readonly optimizer: "muon";
      /** Means of gradients. */
      readonly momentum: Tensor;
    }
  );

/** What is stored for each parameter, moments as its optimizer has them. */
export type ParameterKind =
  | "weight"
  | "gradient"
  | "average"
  | "firstMoment"
  | "secondMoment"
  | "momentum";

/** The flat tensor of one kind, where the pack has it. */
export function storedIn(
  pack: ParameterPack,
  kind: ParameterKind,
): Tensor | undefined {
  const stored: Partial<Record<ParameterKind, Tensor>> = pack;
  return stored[kind];
}

/**
 * Describes a pack.
 *
 * @param index Its number among a model's.
 * @param elements Its length.
 * @param storage What is stored, and whether weight decay applies.
 */
export function packOf(
  index: number,
  elements: number,
  { optimizer, decay, averaged }: Required<ParameterStorage> & {
    readonly decay: boolean;
  },
): ParameterPack {
  const flat = (what: string, role: TensorRole) =>
    createTensor({
      name: `${what} ${index}`,
      shape: [elements],
      dtype: "f32",
      role,
    });
  const common = {
    decay,
    weight: flat("weights", "weight"),
    gradient: flat("gradients", "gradient"),
    ...(averaged ? { average: flat("averages", "moment") } : {}),
  };
  return optimizer === "muon"
    ? { ...common, optimizer, momentum: flat("momenta", "moment") }
    : {
      ...common,
      optimizer,
      firstMoment: flat("first moments", "moment"),
      secondMoment: flat("second moments", "moment"),
    };
}
