import { resolve } from "@std/path";
import { chooseTokenizer } from "../train/choose_tokenizer.ts";
import type { OnDataProgress } from "../train/open_corpus.ts";
import type { GivenConfig } from "../train/parse_run_config.ts";
import type { ScalingLaw } from "./scaling_law.ts";

/** What the vocabulary of a sweep depends on. */
export interface SweepVocabularyQuestion {
  /** Folder of the sweep; a vocabulary is kept in its `tokenizer`. */
  readonly folder: string;
  /** Seconds of the largest run, as far as they are known. */
  readonly seconds: number;
  /** FLOP/s of training, as far as they are known. */
  readonly rate: number;
  /** Law that sizes are chosen by. */
  readonly law: ScalingLaw;
  /** Told how far learning a vocabulary is. */
  readonly onProgress?: OnDataProgress;
}

/**
 * Settles the tokenizer of a sweep that names none: its law is for plans, so
 * its runs have the vocabulary that a planned run of the largest amount has.
 *
 * @param base What the runs have in common.
 * @param question Folder, time and law.
 * @returns The same, the tokenizer named, and a line for people if one was
 * chosen.
 * @throws {InputError} If the text cannot be read.
 */
export async function chooseSweepTokenizer(
  { config, given }: GivenConfig,
  { folder, seconds, rate, law, onProgress }: SweepVocabularyQuestion,
): Promise<{ base: GivenConfig; notices: readonly string[] }> {
  const { data, notices } = await chooseTokenizer(
    { ...config, train: { ...config.train, budget: seconds } },
    // A sweep may be resumed from another working directory.
    {
      out: resolve(folder),
      rate,
      planned: true,
      law,
      ...(onProgress ? { onProgress } : {}),
    },
  );
  return { base: { config: { ...config, data }, given }, notices };
}
