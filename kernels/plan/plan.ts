import type { AccessMode, KernelSource } from "../ops/kernel_source.ts";
import type { Pass } from "../ops/op_spec.ts";
import type { Tensor } from "../ops/tensor.ts";

/** What planned bytes are for. */
export type MemoryCategory =
  | "weights"
  | "gradients"
  | "moments"
  | "activations"
  | "inputs"
  | "staging";

/** A buffer that the plan asks for. */
export interface PlannedBuffer {
  /** Label for messages. */
  readonly label: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** What it is for. */
  readonly category: MemoryCategory;
  /** Size in texels where it is not a buffer but the operand texture. */
  readonly texture?: { readonly width: number; readonly height: number };
}

/** A tensor's place in memory. */
export interface Location {
  /** Index into {@linkcode Plan.buffers}. */
  readonly buffer: number;
  /** First byte. */
  readonly offset: number;
}

/** A range of a buffer bound to a kernel. */
export interface PlannedBinding extends Location {
  /** Bytes bound. */
  readonly bytes: number;
  /** Access mode that the kernel must declare. */
  readonly access: AccessMode;
}

/** A copy of part of a buffer to the operand texture. */
export interface PlannedTexelCopy extends Location {
  /** First texel written: the start of a row of the texture. */
  readonly first: number;
  /** Texels written. */
  readonly count: number;
}

/** One kernel launch with all its memory decided. */
export interface PlannedDispatch {
  /** Label of the node that it belongs to. */
  readonly label: string;
  /** Name of the op. */
  readonly op: string;
  /** Pass of the training step. */
  readonly pass: Pass;
  /** The kernel. */
  readonly kernel: KernelSource;
  /** Bound ranges in binding order. */
  readonly bindings: readonly PlannedBinding[];
  /** Workgroups per dimension. */
  readonly workgroups: readonly [number, number, number];
  /** Copies that must be made before the launch. */
  readonly copies: readonly PlannedTexelCopy[];
  /**
   * Floating-point operations; those of a node stand at its first launch.
   */
  readonly flops: number;
}

/** Everything that is decided about a program before any memory is taken. */
export interface Plan {
  /** Launches of each phase, in order. */
  readonly phases: ReadonlyMap<string, readonly PlannedDispatch[]>;
  /** Buffers to create, staging included. */
  readonly buffers: readonly PlannedBuffer[];
  /** Bytes by category. */
  readonly bytes: Readonly<Record<MemoryCategory, number>>;
  /** Sum of all bytes: the program takes exactly this much. */
  readonly peakBytes: number;
  /** Contents of constant tensors. */
  readonly constants: ReadonlyMap<Tensor, Float32Array | Uint32Array>;
  /** Where readback goes through, as indices into {@linkcode Plan.buffers}. */
  readonly staging: {
    /** Buffer that large reads are copied through, piece by piece. */
    readonly readback: number;
    /** Slots of the ring for small results that are read some steps late. */
    readonly ring: readonly number[];
    /** Bytes of one slot. */
    readonly ringBytes: number;
  };
  /**
   * Place of a tensor.
   *
   * @throws {RangeError} if no phase uses the tensor.
   */
  locate(tensor: Tensor): Location;
}
