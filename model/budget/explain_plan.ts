import { formatBytes, formatCount, formatDuration } from "../../data/format.ts";
import { effectiveTokens } from "../../data/curate/effective_tokens.ts";
import { computeOptimum } from "./compute_optimum.ts";
import { SCALING_LAWS } from "./scaling_law.ts";
import type { PlanQuestion, RunPlan } from "./run_plan.ts";

/** Fewest parameters of the runs that the published laws were fitted to. */
const FITTED_FROM = 44e6;
/** Times that a text can be gone through before more of it is what is missing. */
const WORTH_REPEATING = 4;
/** Ids below which a token is hardly more than a byte. */
const SMALL_VOCABULARY = 1024;
/** Keys that decide batch and learning rate. */
const RECIPE = ["train.batch", "train.accumulation", "optimizer.learning_rate"];
/** Keys that decide how the learning rate goes. */
const SCHEDULE = [
  "schedule.kind",
  "schedule.warmup",
  "schedule.decay",
  "optimizer.minimum_learning_rate",
];

/**
 * Why a plan is what it is.
 *
 * @param question What was planned for.
 * @param plan What was decided.
 * @returns Sentences.
 */
export function explainPlan(
  question: PlanQuestion,
  { chosen, candidates, memoryBound, config }: RunPlan,
): string[] {
  const { law, device, seconds, uniqueTokens, inferenceTokens } = question;
  const { shape, tokens, fit, learningRate, held } = chosen;
  const rate = device.rate(shape);
  const isGiven = (keys: readonly string[]) =>
    keys.some((key) => question.given?.has(key));
  const flops = tokens * shape.flopsPerToken;
  const optimum = computeOptimum(law, flops, inferenceTokens);
  const sentences = [
    `At ${formatCount(rate, "FLOP/s", true)}, ${
      formatDuration(seconds)
    } give ` +
    `${flops.toExponential(2)} FLOP of training after evaluations, samples ` +
    "and the start.",
    `For so much, ${law.name} asks for ${
      formatCount(optimum.parameters, "parameters")
    } and ${formatCount(optimum.tokens, "tokens")}${
      inferenceTokens > 0
        ? `, the use of ${formatCount(inferenceTokens, "tokens")} counted in`
        : ""
    }; the nearest shapes that kernels like were weighed.`,
  ];
  const others = candidates.filter(({ shape: other, fit }) =>
    other !== shape && fit
  );
  const [next] = others.toSorted((a, b) => a.score - b.score);
  if (next) {
    sentences.push(
      `The next best, ${
        formatCount(next.shape.parameters, "parameters")
      }, is ` +
        `predicted to end ${
          Math.abs(next.predictedLoss - chosen.predictedLoss).toFixed(4)
        } nats ${
          next.predictedLoss < chosen.predictedLoss
            ? "lower, but costs more to use"
            : "higher"
        }.`,
    );
  }
  if (memoryBound) {
    sentences.push(
      "Memory decides here: the law would have a model that does not fit.",
    );
  }
  sentences.push(
    fit.policy.blocks > 0 || fit.policy.elementwise
      ? `Activations are computed again so that a micro-batch of ${fit.batch} ` +
        `fits; a step takes about ${
          Math.round(100 * (fit.slowdown - 1))
        } % longer than with all the memory in the world.`
      : `A micro-batch of ${fit.batch} fits with all activations kept, in ${
        formatBytes(fit.peakBytes)
      }.`,
    `Batch (${
      formatCount(chosen.sequences * question.base.train.context, "tokens")
    }) and learning rate (${learningRate}) follow ${
      question.batchLaw === "steplaw" ? "StepLaw" : "Power Lines and StepLaw"
    }${isGiven(RECIPE) ? " as far as they are not given" : ""}${
      held
        ? "; the law asks for a higher rate, which small models diverge at"
        : ""
    }${
      isGiven(SCHEDULE)
        ? "."
        : `; the rate grows for ${config.schedule.warmup} steps and falls to ` +
          `zero over the last ${100 * config.schedule.decay} %.`
    }`,
  );
  if (uniqueTokens !== null && tokens > uniqueTokens) {
    const epochs = tokens / uniqueTokens;
    sentences.push(
      `The text is gone through ${epochs.toPrecision(3)} times, which is ` +
        `worth ${
          formatCount(effectiveTokens(uniqueTokens, tokens), "fresh tokens")
        }.${epochs > WORTH_REPEATING ? " More text would help most." : ""}`,
    );
  }
  if (SCALING_LAWS.has(law.name) && shape.parameters < FITTED_FROM) {
    sentences.push(
      `The law was fitted to models of ${
        formatCount(FITTED_FROM)
      } parameters and more; below, its losses are guesses, its proportions ` +
        "less so. A law fitted on this device and text is better: --law FILE.",
    );
  }
  if (shape.config.vocab_size < SMALL_VOCABULARY) {
    sentences.push(
      "Its tokens were of some four bytes, and this tokenizer's are shorter: " +
        "losses a token will be lower than predicted.",
    );
  }
  return sentences;
}
