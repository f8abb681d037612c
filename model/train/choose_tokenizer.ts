import { join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import type { Document } from "../../data/document.ts";
import { formatCount } from "../../data/format.ts";
import { trainBpe } from "../../data/tokenize/bpe/train_bpe.ts";
import { utf8Length } from "../../data/utf8_length.ts";
import {
  AUTO_TOKENIZER,
  documentsOf,
  type OnDataProgress,
  toldDownload,
} from "./open_corpus.ts";
import type { DataSection, RunConfig } from "./run_config.ts";
import {
  opensVocabulary,
  suitedVocabulary,
  type VocabularyQuestion,
} from "./suited_vocabulary.ts";

/** Bytes of text that merges are learnt from: more of it changes few. */
const BYTES_OF_TEXT = { least: 4 * 2 ** 20, most: 64 * 2 ** 20 };
/**
 * Such bytes a second of a run's budget: merges of a MiB take about 0.7 seconds
 * on a CPU core, and shall take some three per cent of the time.
 */
const BYTES_PER_SECOND = 2 ** 20 / 25;
/** A pair that comes less often is no token that a model could learn. */
const LEAST_FREQUENCY = 50;

/** What the choice depends on besides the run. */
export interface TokenizerQuestion extends VocabularyQuestion {
  /** Folder of the run; a vocabulary is kept in its `tokenizer`. */
  readonly out: string;
  /** Told how far learning a vocabulary is. */
  readonly onProgress?: OnDataProgress;
}

/**
 * Settles a tokenizer that was left open (see {@linkcode opensVocabulary}): a
 * byte-pair vocabulary of the text, of the size that suits the run's arithmetic,
 * and smaller where the text is short; of a prepared corpus its own.
 *
 * @param config The run.
 * @param question Folder, rate, whether the model is open.
 * @returns What the run says of its data, the tokenizer named; a line for
 * people, if something was chosen.
 * @throws {InputError} If the text cannot be read.
 */
export async function chooseTokenizer(
  config: RunConfig,
  question: TokenizerQuestion,
): Promise<{ data: DataSection; notices: readonly string[] }> {
  const { data } = config;
  if (!await opensVocabulary(data, question)) {
    const isAuto = data.tokenizer === AUTO_TOKENIZER;
    return {
      data: isAuto ? { ...data, tokenizer: null } : data,
      notices: [],
    };
  }
  const { size, reason } = suitedVocabulary(config, question);
  const { least, most } = BYTES_OF_TEXT;
  const affordable = BYTES_PER_SECOND * (config.train.budget ?? Infinity);
  const enough = Math.min(most, Math.max(least, affordable));
  const { onProgress } = question;
  const expected = data.paths.length > 0
    ? enough
    : Math.min(enough, data.primer_bytes);
  let ofText = 0;
  const changes: string[] = [];
  const documents = documentsOf(data, {
    seed: config.seed,
    download: {
      ...toldDownload(onProgress),
      onChange: (message) => changes.push(message),
    },
    onProgress: ({ bytesRead, totalBytes }) => ofText = bytesRead / totalBytes,
  });
  const { files, vocabSize, bytes, tokens } = await trainBpe(
    beginningOf(documents, enough, (read) =>
      onProgress?.(
        Math.min(1, Math.max(read / expected, ofText)),
        "reading for a vocabulary",
      )),
    {
      vocabSize: size,
      split: "gpt4",
      minFrequency: LEAST_FREQUENCY,
      onProgress: (chosen) =>
        onProgress?.(chosen / size, "learning a vocabulary"),
    },
  );
  const folder = join(question.out, "tokenizer");
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, content] of files) {
    await writeAtomic(join(folder, name), content);
  }
  return {
    data: { ...data, tokenizer: folder },
    notices: [
      ...changes,
      `a vocabulary of ${formatCount(vocabSize, "tokens")}, ${
        (bytes / tokens).toFixed(2)
      } bytes each, ${reason}`,
    ],
  };
}

/** Documents until there are enough bytes; tells how many there were. */
async function* beginningOf(
  documents: AsyncIterable<Document>,
  enough: number,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Document, void, void> {
  let bytes = 0;
  for await (const document of documents) {
    yield document;
    bytes += utf8Length(document.text);
    onBytes(bytes);
    if (bytes >= enough) return;
  }
}
