import {
  KEEP_ALL,
  type RecomputePolicy,
} from "../../kernels/plan/recompute.ts";
import type { MemoryPlanner } from "./memory_planner.ts";
import type { ModelShape } from "./model_shape.ts";

/** The largest model that one way of training has room for. */
export interface LargestModel {
  /** The way. */
  readonly mode: string;
  /** The model; undefined if not even the smallest fits. */
  readonly shape: ModelShape | undefined;
  /** Bytes that its training takes, one sequence at a time. */
  readonly peakBytes: number;
}

/** Ways of training that exist, besides the run's optimizer. */
const MODES: readonly (readonly [
  suffix: string,
  policy: (shape: ModelShape) => RecomputePolicy,
])[] = [
  ["", () => KEEP_ALL],
  [
    ", blocks recomputed",
    ({ layers }) => ({ elementwise: true, blocks: layers }),
  ],
];
const OPTIMIZERS = { adamw: "AdamW", muon: "Muon" } as const;

/** Models beyond the first that does not fit which are asked as well. */
const LOOKED_AT = 4;

/**
 * The largest models of a ladder that can be trained in a memory, by the real
 * planner of graphs, one sequence a micro-batch.
 *
 * @param shapes Models, ascending.
 * @param planner Answers for the context and the tokenizer of the run.
 * @param limit Bytes.
 */
export function largestModels(
  shapes: readonly ModelShape[],
  planner: MemoryPlanner,
  limit: number,
): LargestModel[] {
  return MODES.map(([suffix, policy]) => {
    const mode = `f32 ${OPTIMIZERS[planner.optimizer]}${suffix}`;
    const possible = shapes.filter((shape) => planner.least(shape) <= limit);
    const bytes = (shape: ModelShape) =>
      planner.bytes(shape, 1, policy(shape)).peakBytes;
    let low = -1;
    let high = possible.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (bytes(possible[middle]) <= limit) low = middle;
      else high = middle;
    }
    // A wide model may fit where a deeper one of fewer parameters does not.
    const shape = possible.slice(low + 1, low + 1 + LOOKED_AT)
      .findLast((larger) => bytes(larger) <= limit) ?? possible[low];
    return { mode, shape, peakBytes: shape ? bytes(shape) : 0 };
  });
}
