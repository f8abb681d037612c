import { join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import type { Document } from "../../data/document.ts";
import { formatCount } from "../../data/format.ts";
import { trainBpe } from "../../data/tokenize/bpe/train_bpe.ts";
import { utf8Length } from "../../data/utf8_length.ts";
import type { Capabilities } from "../../kernels/runtime/capabilities.ts";
import { computeOptimum } from "../budget/compute_optimum.ts";
import { guessedRate } from "../budget/measured_device.ts";
import { closestShape, modelShapes } from "../budget/model_shape.ts";
import type { ScalingLaw } from "../budget/scaling_law.ts";
import { trainingFlopsPerToken } from "../budget/training_flops.ts";
import { VOCABULARY_SIZES, vocabularySize } from "../budget/vocabulary_law.ts";
import { LanguageModel } from "../language_model.ts";
import { BatchRamp } from "./batch_ramp.ts";
import { AUTO_TOKENIZER, documentsOf, preparedCorpus } from "./open_corpus.ts";
import { resolveModel } from "./resolve_model.ts";
import type { DataSection, RunConfig } from "./run_config.ts";

/** Bytes of text that merges are learnt from: more of it changes few. */
const MOST_BYTES = 64 * 2 ** 20;
/** A pair that comes less often is no token that a model could learn. */
const LEAST_FREQUENCY = 50;

/** Surroundings of a model that is not decided yet. */
const BYTES = {
  vocabSize: VOCABULARY_SIZES[0],
  bosTokenId: null,
  eosTokenId: null,
};

/** What the choice depends on besides the run. */
export interface TokenizerQuestion {
  /** Folder of the run; a vocabulary is kept in its `tokenizer`. */
  readonly out: string;
  /** What the device is. */
  readonly capabilities: Pick<Capabilities, "software">;
  /** Whether the model is chosen by a plan. */
  readonly planned: boolean;
  /** Law that the plan chooses it by. */
  readonly law: ScalingLaw;
}

/**
 * Settles a tokenizer that was left open as `auto`: the one of a prepared
 * corpus; else single bytes or a byte-pair vocabulary of the text, of the size
 * that suits the run's arithmetic (see {@linkcode vocabularySize}).
 *
 * @param config The run.
 * @param question Folder, device, whether the model is open.
 * @returns What the run says of its data, the tokenizer named; a line for
 * people, if something was chosen.
 * @throws {InputError} If the text cannot be read.
 */
export async function chooseTokenizer(
  config: RunConfig,
  question: TokenizerQuestion,
): Promise<{ data: DataSection; notices: readonly string[] }> {
  const { data } = config;
  if (data.tokenizer !== AUTO_TOKENIZER) return { data, notices: [] };
  if (await preparedCorpus(data.paths) !== null) {
    return { data: { ...data, tokenizer: null }, notices: [] };
  }
  const { flops, width } = amountOf(config, question);
  const size = vocabularySize(flops, width);
  const reason = `for ${flops.toExponential(1)} FLOP and a width of ${width}`;
  if (size === VOCABULARY_SIZES[0]) {
    return {
      data: { ...data, tokenizer: "bytes" },
      notices: [`tokens are single bytes, ${reason}`],
    };
  }
  const { files, vocabSize, bytes, tokens } = await trainBpe(
    beginningOf(documentsOf(data, { seed: config.seed })),
    { vocabSize: size, split: "gpt4", minFrequency: LEAST_FREQUENCY },
  );
  const folder = join(question.out, "tokenizer");
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, content] of files) {
    await writeAtomic(join(folder, name), content);
  }
  return {
    data: { ...data, tokenizer: folder },
    notices: [
      `a vocabulary of ${formatCount(vocabSize, "tokens")}, ${
        (bytes / tokens).toFixed(2)
      } bytes each, ${reason}`,
    ],
  };
}

/** The run's arithmetic and width, as far as they are known beforehand. */
function amountOf(
  { train, model }: RunConfig,
  { capabilities, planned, law }: TokenizerQuestion,
): { flops: number; width: number } {
  const { context, steps, budget } = train;
  const inTime = (budget ?? Infinity) * guessedRate(capabilities);
  if (planned) {
    const { parameters } = computeOptimum(law, inTime);
    const shapes = modelShapes({ ...BYTES, context });
    return { flops: inTime, width: closestShape(shapes, parameters).width };
  }
  const given = new LanguageModel(
    resolveModel(model, { ...BYTES, context }, "run.yaml"),
    Infinity,
  );
  const tokens = steps === null ? Infinity : new BatchRamp(train, steps).tokens;
  const inSteps = tokens * trainingFlopsPerToken(given, context);
  return { flops: Math.min(inTime, inSteps), width: given.width };
}

/** Documents until there are enough bytes. */
async function* beginningOf(
  documents: AsyncIterable<Document>,
): AsyncGenerator<Document, void, void> {
  let bytes = 0;
  for await (const document of documents) {
    yield document;
    bytes += utf8Length(document.text);
    if (bytes >= MOST_BYTES) return;
  }
}
