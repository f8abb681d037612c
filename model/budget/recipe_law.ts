/** How the batch is derived from the amount of data. */
export type BatchLaw = "steplaw" | "powerlines";

/** Laws for the batch, the usual one first. */
export const BATCH_LAWS: readonly BatchLaw[] = ["steplaw", "powerlines"];

/** What a run's recipe depends on. */
export interface RecipeQuestion {
  /** Parameters without embedding and head. */
  readonly blockParameters: number;
  /** Tokens to train on. */
  readonly tokens: number;
  /** Tokens of a sequence. */
  readonly context: number;
  /** How the batch is derived. */
  readonly batchLaw: BatchLaw;
}

/** Numbers that a run is trained with. */
export interface TrainingRecipe {
  /** Sequences of an optimizer step, a power of two. */
  readonly sequences: number;
  /** Highest learning rate. */
  readonly learningRate: number;
  /** Whether the law asked for more than is known to be stable. */
  readonly held: boolean;
}

/**
 * Highest learning rate given out: StepLaw was fitted from 60 M parameters up,
 * and what it would give to models of thousands diverges.
 */
const MOST_RATE = 5e-3;
/**
 * What bounds the batch of short runs, for which StepLaw's, fitted to billions
 * of tokens, is too large: they learn more from many small steps. On books and
 * the primer, 124 k parameters and 0.27 M tokens ended at a loss of 1.92 with
 * steps of 1024 tokens and at 1.63 with 512; steps of 256 gained nothing more
 * and keep no device busy. 35 k parameters ended as low on 0.81 M tokens in
 * steps of 1024 as on four times as many in steps of 4096.
 */
const SHORT_RUN = { steps: 2000, least: 512, fewestSteps: 200 };
/** Tokens at which the two laws for the batch are made to agree. */
const ANCHOR = 1e10;

/**
 * Batch and learning rate by law: η = 1.79·N^−0.713·D^0.307 and B = 0.58·D^0.571
 * tokens (StepLaw, Li et al. 2025, arXiv:2503.04715, N without embeddings), or
 * the batch ∝ D^0.383 (Power Lines, Bergsma et al. 2025, arXiv:2505.13738),
 * whose constant is of their data and is taken here so that both laws agree at
 * 10 G tokens. The batch is rounded to a power of two of sequences, which both
 * papers find flat enough for.
 *
 * @example
 * ```ts
 * import { trainingRecipe } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const { sequences } = trainingRecipe({
 *   blockParameters: 100e6,
 *   tokens: 2e9,
 *   context: 1024,
 *   batchLaw: "steplaw",
 * });
 * assertEquals(sequences, 128); // 0.58·(2e9)^0.571 = 119k tokens
 * ```
 */
export function trainingRecipe(
  { blockParameters, tokens, context, batchLaw }: RecipeQuestion,
): TrainingRecipe {
  const { steps, least, fewestSteps } = SHORT_RUN;
  const most = Math.max(tokens / steps, Math.min(least, tokens / fewestSteps));
  const wanted = Math.min(batchTokens(tokens, batchLaw), most);
  const sequences = 2 ** Math.max(0, Math.round(Math.log2(wanted / context)));
  const law = 1.79 * blockParameters ** -0.713 * tokens ** 0.307;
  return {
    sequences,
    learningRate: Number(Math.min(law, MOST_RATE).toPrecision(3)),
    held: law > MOST_RATE,
  };
}

function batchTokens(tokens: number, law: BatchLaw): number {
  const step = (count: number) => 0.58 * count ** 0.571;
  return law === "steplaw"
    ? step(tokens)
    : step(ANCHOR) * (tokens / ANCHOR) ** 0.383;
}
