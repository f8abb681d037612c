import type { TrainSection } from "./run_config.ts";

/** What a training program is built for. */
export interface TrainingShape {
  /** Sequences of a micro-batch, B. */
  readonly batch: number;
  /** Tokens of a sequence, T. */
  readonly context: number;
  /** Ids that the tokenizer knows; the model may have more rows. */
  readonly vocabulary: number;
  /**
   * Whether batches say where each token's document, or part of a sequence,
   * begins, and tokens attend from there on only.
   *
   * @default {false}
   */
  readonly masked?: boolean;
  /**
   * Whether a step may have several micro-batches.
   *
   * @default {true}
   */
  readonly accumulates?: boolean;
}

/**
 * The shape of a run's training program.
 *
 * @param train What the run says of it.
 * @param vocabulary Ids that the tokenizer knows.
 */
export function trainingShape(
  { batch, context, accumulation, document_mask, context_ramp }: Pick<
    TrainSection,
    "batch" | "context" | "accumulation" | "document_mask" | "context_ramp"
  >,
  vocabulary: number,
): TrainingShape {
  return {
    batch,
    context,
    vocabulary,
    masked: document_mask || context_ramp > 0,
    accumulates: accumulation > 1,
  };
}
