import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import type { OpenQuestion } from "../budget/ask_plan.ts";
import { AUTO_TOKENIZER, openTokenizer } from "./open_corpus.ts";
import type { GivenConfig } from "./parse_run_config.ts";
import { opensVocabulary, suitedVocabulary } from "./suited_vocabulary.ts";

/** What a plan needs of a tokenizer. */
export type PlanTokenizer = Pick<
  Tokenizer,
  "vocabSize" | "beginOfText" | "endOfText"
>;

/**
 * Settles the vocabulary that a run is planned with before there is any text:
 * one that is open has the size that suits time and rate, and is learnt when
 * the run is trained.
 *
 * @param given The run as it was given.
 * @param question Time and law, and FLOP/s as far as they are known beforehand.
 * @returns The run, its tokenizer named, and what plans need of that.
 * @throws {InputError} If a tokenizer that is named cannot be used.
 */
export async function planVocabulary(
  { config, given }: GivenConfig,
  { seconds, law, rate }: Pick<OpenQuestion, "seconds" | "law"> & {
    readonly rate: number;
  },
): Promise<{ run: GivenConfig; tokenizer: PlanTokenizer }> {
  const { data, seed } = config;
  const named = (tokenizer: string | null): GivenConfig => ({
    config: { ...config, data: { ...data, tokenizer } },
    given,
  });
  const question = { rate, planned: true, law };
  if (!await opensVocabulary(data, question)) {
    const run = named(
      data.tokenizer === AUTO_TOKENIZER ? null : data.tokenizer,
    );
    return { run, tokenizer: await openTokenizer(run.config.data, { seed }) };
  }
  const train = { ...config.train, budget: seconds };
  const { size } = suitedVocabulary({ ...config, train }, question);
  return {
    run: named(AUTO_TOKENIZER),
    // Vocabularies that are learnt begin with the end of a text.
    tokenizer: { vocabSize: size, beginOfText: 0, endOfText: 0 },
  };
}
