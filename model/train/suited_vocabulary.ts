import { holdsTokens } from "../../data/corpus/given_shards.ts";
import { computeOptimum } from "../budget/compute_optimum.ts";
import { closestShape, modelShapes } from "../budget/model_shape.ts";
import { isPublished, type ScalingLaw } from "../budget/scaling_law.ts";
import { trainingFlopsPerToken } from "../budget/training_flops.ts";
import { VOCABULARY_SIZES, vocabularySize } from "../budget/vocabulary_law.ts";
import { LanguageModel } from "../language_model.ts";
import { BatchRamp } from "./batch_ramp.ts";
import { AUTO_TOKENIZER } from "./open_corpus.ts";
import { resolveModel } from "./resolve_model.ts";
import type { DataSection, RunConfig } from "./run_config.ts";

/** Surroundings of a model that is not decided yet. */
const SURROUNDINGS = {
  vocabSize: VOCABULARY_SIZES[0],
  bosTokenId: null,
  eosTokenId: null,
};

/** A token table of fewer rows is of bytes, which take 257, or of characters. */
const FEWEST_LEARNT_ROWS = 300;

/** What a vocabulary depends on besides the run. */
export interface VocabularyQuestion {
  /** FLOP/s of training, as far as they are known beforehand. */
  readonly rate: number;
  /** Whether the model is chosen by a plan. */
  readonly planned: boolean;
  /** Law that the plan chooses it by. */
  readonly law: ScalingLaw;
}

/**
 * Whether a run leaves its vocabulary to us: it says `auto`, or is planned and
 * names no tokenizer. A law of one's own holds for the tokens that it was fitted
 * to, so by one of bytes a run has bytes. What is tokens already has its
 * vocabulary.
 *
 * @param data What the run says of its data.
 * @param question Whether the model is open, and by which law.
 */
export async function opensVocabulary(
  { tokenizer, paths }: DataSection,
  { planned, law }: Pick<VocabularyQuestion, "planned" | "law">,
): Promise<boolean> {
  const isOpen = tokenizer === AUTO_TOKENIZER ||
    (tokenizer === null && planned &&
      (isPublished(law) || learntRows(law) !== undefined));
  return isOpen && !await holdsTokens(paths);
}

/** Rows of the token tables that a law was fitted to, if those are learnt. */
function learntRows({ vocabulary = 0 }: ScalingLaw): number | undefined {
  return vocabulary < FEWEST_LEARNT_ROWS ? undefined : vocabulary;
}

/**
 * The vocabulary that suits a run's arithmetic (see {@linkcode vocabularySize}),
 * or that its law was fitted to.
 *
 * @param config The run.
 * @param question Rate, whether the model is open, by which law.
 * @returns Tokens, and why.
 */
export function suitedVocabulary(
  config: RunConfig,
  question: VocabularyQuestion,
): { readonly size: number; readonly reason: string } {
  const { planned, law } = question;
  const fitted = planned ? learntRows(law) : undefined;
  if (fitted !== undefined) {
    return { size: fitted, reason: `as ${law.name} was fitted to` };
  }
  const { flops, width } = amountOf(config, question);
  return {
    size: vocabularySize(flops, width),
    reason: `for ${flops.toExponential(1)} FLOP and a width of ${width}`,
  };
}

/** The run's arithmetic and width, as far as they are known beforehand. */
function amountOf(
  { train, model }: RunConfig,
  { rate, planned, law }: VocabularyQuestion,
): { flops: number; width: number } {
  const { context, steps, budget } = train;
  const inTime = (budget ?? Infinity) * rate;
  if (planned) {
    const { parameters } = computeOptimum(law, inTime);
    const shapes = modelShapes({ ...SURROUNDINGS, context });
    return { flops: inTime, width: closestShape(shapes, parameters).width };
  }
  const given = new LanguageModel(
    resolveModel(model, { ...SURROUNDINGS, context }, "run.yaml"),
    Infinity,
  );
  const tokens = steps === null ? Infinity : new BatchRamp(train, steps).tokens;
  const inSteps = tokens * trainingFlopsPerToken(given, context);
  return { flops: Math.min(inTime, inSteps), width: given.width };
}
