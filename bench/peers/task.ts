import type { BenchSize } from "../support/sizes.ts";
import type { Work } from "./compare.ts";

/** What a peer is asked to do, over and over. */
export type PeerTask =
  | {
    /** A training step of a GPT-2 with tied head, AdamW included, in f32. */
    readonly kind: "train";
    /** Its sizes; tokens are random. */
    readonly size: BenchSize;
  }
  | {
    /** A product of square matrices of f32. */
    readonly kind: "matmul";
    /** Rows and columns of each. */
    readonly side: number;
  };

/** What a peer says when it is ready. */
export interface PeerReady {
  /** Its version. */
  readonly version: string;
  /** Loss of the first step, in nats; for a product, its first element. */
  readonly first: number;
}

/** What a task does in one run. */
export interface TaskWork extends Work {
  /** What it is called. */
  readonly name: string;
}

/**
 * What a task's speed is measured in.
 *
 * @param task The task.
 * @returns Its name, and how much one run does.
 */
export function workOf(task: PeerTask): TaskWork {
  return task.kind === "train"
    ? {
      name: task.size.name,
      units: task.size.batch * task.size.context,
      rate: "tokens_per_second",
    }
    : {
      name: `matmul ${task.side}`,
      units: 2 * task.side ** 3,
      rate: "flops_per_second",
    };
}
