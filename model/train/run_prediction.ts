import { fieldOf } from "../../data/field_of.ts";
import { type LawConstants, predictLoss } from "../budget/scaling_law.ts";
import type { PredictedOutcome } from "./events.ts";

/** What is expected of a run, and of what it is on the way. */
export interface RunPrediction extends PredictedOutcome {
  /** Last validation loss of a run that ends after so many tokens. */
  lossAfter(tokens: number): number | null;
}

/**
 * Reads what `plan.json` expects of a run.
 *
 * @param plan The file's object, from the outside.
 * @returns The prediction; null for a run without a budget, or if the file does
 * not say.
 */
export function runPrediction(plan: unknown): RunPrediction | null {
  const seconds = numberOf(plan, "seconds");
  const tokens = numberOf(plan, "tokens");
  if (seconds === undefined || tokens === undefined) return null;
  const law = lawOf(fieldOf(plan, "law"));
  const parameters = numberOf(plan, "law_parameters");
  const unique = numberOf(plan, "unique_tokens");
  const vocabulary = numberOf(fieldOf(plan, "model"), "vocab_size");
  const lossAfter = (seen: number) => {
    if (law === undefined || parameters === undefined) return null;
    const loss = predictLoss(law, parameters, seen, unique);
    return loss < Math.log(vocabulary ?? Infinity) ? loss : null;
  };
  return { seconds, tokens, loss: lossAfter(tokens), lossAfter };
}

function lawOf(value: unknown): LawConstants | undefined {
  const [E, A, alpha, B, beta] = ["E", "A", "alpha", "B", "beta"]
    .map((key) => numberOf(value, key) ?? NaN);
  const law = { E, A, alpha, B, beta };
  return Object.values(law).some(Number.isNaN) ? undefined : law;
}

function numberOf(value: unknown, key: string): number | undefined {
  const field = fieldOf(value, key);
  return typeof field === "number" ? field : undefined;
}
