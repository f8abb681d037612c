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
/** Steps that a run shall have at least, before its batch grows by law. */
const FEWEST_STEPS = 200;
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
  const wanted = Math.min(batchTokens(tokens, batchLaw), tokens / FEWEST_STEPS);
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
