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
   * Whether tokens attend only inside their document.
   *
   * @default {false}
   */
  readonly documentMask?: boolean;
}

/**
 * The shape of a run's training program.
 *
 * @param train What the run says of it.
 * @param vocabulary Ids that the tokenizer knows.
 */
export function trainingShape(
  { batch, context, document_mask }: Pick<
    TrainSection,
    "batch" | "context" | "document_mask"
  >,
  vocabulary: number,
): TrainingShape {
  return { batch, context, vocabulary, documentMask: document_mask };
}
