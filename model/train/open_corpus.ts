import { basename, join } from "@std/path";
import { type CorpusPart, openPart } from "../../data/corpus/corpus.ts";
import { readManifest } from "../../data/corpus/manifest.ts";
import type { Document } from "../../data/document.ts";
import type { DownloadOptions } from "../../data/download/download_options.ts";
import { formatBytes, formatCount } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { prepareCorpus } from "../../data/prepare_corpus.ts";
import { primerDocuments } from "../../data/primer/primer_documents.ts";
import type { BadSource } from "../../data/read/bad_source.ts";
import { readDocuments } from "../../data/read/read_documents.ts";
import type { ReadOptions } from "../../data/read/read_options.ts";
import { SkipCounts } from "../../data/read/skip_counts.ts";
import type { TokenSource } from "../../data/shard/token_source.ts";
import { loadTokenizer } from "../../data/tokenize/load_tokenizer.ts";
import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import type { DataSection } from "./run_config.ts";

/** Stands for the tokenizer that suits the text and the time. */
export const AUTO_TOKENIZER = "auto";

/** The text of a run as tokens, and the tokenizer that made them. */
export interface TrainingCorpus {
  /** The tokenizer. */
  readonly tokenizer: Tokenizer;
  /** Tokens to learn from. */
  readonly train: TokenSource;
  /** Tokens to measure on, where there are any. */
  readonly validation: TokenSource | undefined;
  /** Tokens of the contexts that the text was fitted into, if it was. */
  readonly packedContext: number | undefined;
  /** Bytes of text per validation token; null where only tokens are known. */
  readonly bytesPerToken: number | null;
  /** Whether the text is the generated primer, which has exercises. */
  readonly isPrimer: boolean;
  /** What is worth a line. */
  readonly notices: readonly string[];
  /** Closes the shards. */
  close(): void;
}

/** Told of what is done, and the share done of it, from 0 to 1. */
export type OnDataProgress = (share: number, doing: string) => void;

/** What a corpus is opened with besides the data section. */
export interface CorpusOptions {
  /** Folder of the run; tokens are kept in its `data`. */
  readonly out: string;
  /** Seed of the primer and of the choice of validation documents. */
  readonly seed: number;
  /**
   * Checkpoint to go on from: its tokenizer is used, and the tokens that the
   * run kept, so the text itself need not be there any more.
   */
  readonly checkpoint?: string;
  /** Told how far it is. */
  readonly onProgress?: OnDataProgress;
}

/**
 * Turns the text of a run into tokens, or takes those that were made before.
 *
 * @throws {InputError} if the text or the tokenizer cannot be used.
 */
export async function openCorpus(
  section: DataSection,
  options: CorpusOptions,
): Promise<TrainingCorpus> {
  const { out, seed, checkpoint, onProgress } = options;
  const isPrimer = section.paths.length === 0;
  const kept = join(out, "data");
  const skipped = new SkipCounts();
  const primer = { seed, bytes: section.primer_bytes };
  const changes: string[] = [];
  const download: DownloadOptions = {
    ...toldDownload(onProgress),
    onChange: (message) => changes.push(message),
  };
  const tokenizer = await openTokenizer(section, {
    seed,
    checkpoint,
    download,
  });
  const data = checkpoint !== undefined && await holdsCorpus(kept)
    ? [kept]
    : isPrimer
    ? documentsOf(section, { seed })
    : section.paths;
  const total = isPrimer ? section.primer_bytes : null;
  const corpus = await prepareCorpus({
    data,
    dataName: `primer ${JSON.stringify(primer)}`,
    tokenizer,
    outDir: kept,
    seed,
    validationFraction: section.validation_fraction,
    read: {
      ...readOptions(section, (bad) => skipped.add(bad.reason)),
      download,
    },
    onProgress: ({ bytesRead, totalBytes, tokens }) => {
      const [done, all] = total === null
        ? [bytesRead, totalBytes ?? Infinity]
        : [tokens, total];
      onProgress?.(Math.min(1, done / all), "reading the text");
    },
  });
  const open = (part: CorpusPart) =>
    openPart(part, { vocabSize: tokenizer.vocabSize });
  const { train, validation } = corpus;
  const sources = [open(train)];
  if (validation) sources.push(open(validation));
  const [trainSource, validationSource] = sources;
  return {
    tokenizer,
    train: trainSource,
    packedContext: train.packedContext,
    validation: validationSource,
    bytesPerToken: validation?.bytes
      ? validation.bytes / validation.tokens
      : null,
    isPrimer,
    notices: [
      ...changes,
      `${formatCount(train.tokens, "tokens")} to learn from, ` +
      `${formatCount(validation?.tokens ?? 0)} to measure on`,
      ...(skipped.total > 0 ? [`bad input was skipped: ${skipped}`] : []),
    ],
    close: () => sources.forEach((source) => source.close()),
  };
}

/**
 * Downloads that are told as progress.
 *
 * @param onProgress Told how far they are.
 */
export function toldDownload(onProgress?: OnDataProgress): DownloadOptions {
  return {
    onProgress: ({ url, bytes, totalBytes }) =>
      onProgress?.(
        bytes / (totalBytes ?? Infinity),
        `downloading ${basename(new URL(url).pathname)}, ${formatBytes(bytes)}`,
      ),
  };
}

/**
 * Opens the tokenizer of a run.
 *
 * @param section What the run says of its data.
 * @param options Seed of the primer; the checkpoint whose tokenizer is used;
 * how to download.
 * @throws {InputError} if it, or the text it is made from, cannot be used.
 */
export async function openTokenizer(
  section: DataSection,
  { seed, checkpoint, download }: {
    readonly seed: number;
    readonly checkpoint?: string | undefined;
    readonly download?: DownloadOptions;
  },
): Promise<Tokenizer> {
  if (checkpoint === undefined && section.tokenizer === AUTO_TOKENIZER) {
    throw new InputError(
      `"data.tokenizer" is "${AUTO_TOKENIZER}", which a run settles when it is ` +
        "trained; here give bytes, characters or the path of a tokenizer",
    );
  }
  const source = checkpoint ?? section.tokenizer ??
    await preparedCorpus(section.paths) ?? "bytes";
  return await loadTokenizer(source, {
    texts: () => textsOf(documentsOf(section, { seed, download })),
  });
}

function readOptions(
  section: DataSection,
  onSkip: (bad: BadSource) => void,
): Pick<ReadOptions, "textField" | "onSkip"> {
  const { text_field: textField, skip_bad } = section;
  return skip_bad ? { textField, onSkip } : { textField };
}

/**
 * The documents of a run.
 *
 * @param section What the run says of its data.
 * @param options Seed of the primer; how to download; who is told how much of
 * files is read.
 */
export function documentsOf(
  section: DataSection,
  { seed, download, onProgress }: {
    readonly seed: number;
    readonly download?: DownloadOptions | undefined;
    readonly onProgress?: ReadOptions["onProgress"];
  },
): AsyncGenerator<Document, void, void> {
  return section.paths.length === 0
    ? eachOf(primerDocuments({ seed, bytes: section.primer_bytes }))
    : readDocuments(section.paths, {
      ...readOptions(section, () => {}),
      metadataFields: [],
      ...(download ? { download } : {}),
      ...(onProgress ? { onProgress } : {}),
    });
}

async function* eachOf(
  documents: Iterable<Document>,
): AsyncGenerator<Document, void, void> {
  yield* documents;
}

async function* textsOf(
  documents: AsyncIterable<Document>,
): AsyncGenerator<string, void, void> {
  for await (const { text } of documents) yield text;
}

/** The folder of a prepared corpus, if that is what the data is; else null. */
async function preparedCorpus(
  paths: readonly string[],
): Promise<string | null> {
  const [path] = paths;
  if (paths.length !== 1) return null;
  return await readManifest(path) === null ? null : path;
}

async function holdsCorpus(folder: string): Promise<boolean> {
  try {
    return (await Deno.stat(join(folder, "manifest.json"))).isFile;
  } catch {
    return false;
  }
}
