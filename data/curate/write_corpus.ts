import { basename, join } from "@std/path";
import {
  corpusOf,
  type Manifest,
  MANIFEST_FORMAT,
  MANIFEST_NAME,
} from "../corpus/manifest.ts";
import type { Corpus } from "../corpus/corpus.ts";
import { encodeDocuments } from "../corpus/encode_documents.ts";
import { describePart } from "../corpus/describe_part.ts";
import type { PackingReport } from "../corpus/packing.ts";
import { defaultValidationFraction } from "../corpus/validation_split.ts";
import { writeParts } from "../corpus/write_parts.ts";
import { withAtomicDirectory } from "../atomic_write.ts";
import type { Document } from "../document.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import { utf8Length } from "../utf8_length.ts";
import type { CurationConfig } from "./curation_config.ts";
import { DocumentSpool } from "./document_spool.ts";
import { type Funnel, funnelOf } from "./funnel.ts";
import { funnelCsv } from "./funnel_csv.ts";
import { funnelSvg } from "./funnel_svg.ts";
import { measureTokens } from "./measure_tokens.ts";
import { mixDocuments } from "./mix_documents.ts";
import { type Mixture, planMixture } from "./mixture.ts";
import type { Stage } from "./plan_stages.ts";
import type { FileStamp } from "./resolve_step.ts";
import type { StageOutcome, StageProgress } from "./run_stage.ts";
import { shuffleDocuments } from "./shuffle_documents.ts";
import { sourceNameOf } from "./source_name.ts";

/** Name of the file of dropped documents in a corpus. */
export const DROPPED_NAME = "dropped.jsonl";
/** Documents between two reports. */
const REPORT_EVERY = 64;

/** What a corpus is written from. */
export interface CorpusInput {
  /** The whole configuration. */
  readonly config: CurationConfig;
  /** Encodes the text. */
  readonly tokenizer: Tokenizer;
  /** What the manifest says of it. */
  readonly stamp: Manifest["tokenizer"];
  /** Equal where everything that the corpus depends on is. */
  readonly fingerprint: string;
  /** The files of each source. */
  readonly files: ReadonlyMap<string, readonly FileStamp[]>;
  /** What the steps were, for the manifest. */
  readonly stages: readonly Stage[];
  /** What they left. */
  readonly outcomes: readonly StageOutcome[];
  /** File of the documents that are left. */
  readonly documents: string;
  /** Threads that encode. */
  readonly workers: number;
  /** An empty folder for what is only needed meanwhile, on the corpus' disk. */
  readonly work: string;
  /** Is told now and then. */
  readonly onProgress: (progress: StageProgress) => void;
}

/** A corpus that was written. */
export interface CuratedCorpus {
  /** Where its tokens are. */
  readonly corpus: Corpus;
  /** What became of the documents. */
  readonly funnel: Funnel;
  /** What was taken of each source. */
  readonly mixture: Mixture;
  /** How well the training documents fit into contexts. */
  readonly packing: PackingReport | null;
}

/**
 * Mixes, shuffles, encodes and writes what is left of the documents: token
 * files, manifest, tokenizer, the funnel as CSV and as a picture, and samples
 * of what was dropped. The folder appears when it is complete.
 *
 * @param input What is left, and how it is written.
 * @returns What was written.
 * @throws {InputError} If the vocabulary lacks a character, or nothing is left.
 */
export async function writeCorpus(input: CorpusInput): Promise<CuratedCorpus> {
  const { config, tokenizer, outcomes, work } = input;
  const { seed, out } = config;
  const { leftOf, left } = funnelOf(outcomes, null);
  const spool = DocumentSpool.open(input.documents);
  const tokens = measureTokens(spool.replay(), tokenizer, leftOf);
  const mixture = planMixture(
    config.sources.map(({ name, weight, epochs }) => ({
      name,
      weight,
      epochs,
      tokens: tokens.get(name) ?? 0,
    })),
    config.mixture_tokens,
  );
  const epochs = new Map(
    mixture.sources.map((source) => [source.name, source.epochs]),
  );
  const expected = config.sources.reduce((sum, { name }) => {
    const { documents, bytes } = leftOf[name] ?? { documents: 0, bytes: 0 };
    const times = epochs.get(name) ?? 1;
    return {
      documents: sum.documents + documents * times,
      bytes: sum.bytes + bytes * times,
    };
  }, { documents: 0, bytes: 0 });
  const report = (message: string, share: number | null) =>
    input.onProgress({ share, ...written, message });
  const written = { documents: 0, bytes: 0 };
  const mixed = mixDocuments(spool.replay(), {
    epochs,
    sourceOf: sourceNameOf,
    seed,
  });
  const scattered = counted(mixed, (documents) => {
    report("scattering", documents / expected.documents);
  });
  const ordered = config.shuffle
    ? shuffleDocuments(scattered, { folder: work, seed, bytes: expected.bytes })
    : mixed;
  const documents = counted(ordered, (documents, bytes) => {
    Object.assign(written, { documents, bytes });
    report("", Math.min(1, documents / expected.documents));
  });
  const folder = join(work, "corpus");
  await Deno.mkdir(folder);
  const fraction = config.validation ?? defaultValidationFraction(left.bytes);
  const encoded = encodeDocuments(documents, tokenizer, input.workers);
  const parts = await writeParts(encoded, {
    folder,
    tokenizer,
    seed,
    fraction,
    shardTokens: config.shards.tokens,
    format: config.shards.format,
    packing: {
      method: config.shards.packing,
      context: config.shards.context,
    },
  });
  const [train, validation] = [
    await describePart("train", parts.train),
    parts.validation && await describePart("validation", parts.validation),
  ];
  const padding = parts.train.packing?.padding ?? 0;
  const tokensWritten = train.tokens - padding + (validation?.tokens ?? 0);
  const bytesWritten = train.bytes + (validation?.bytes ?? 0);
  const funnel = funnelOf(outcomes, tokensWritten / Math.max(1, bytesWritten));
  const manifest: Manifest = {
    format: MANIFEST_FORMAT,
    fingerprint: input.fingerprint,
    sources: config.sources.map((source) => ({
      ...source,
      steps: undefined,
      files: input.files.get(source.name),
      read: funnel.sources.find(({ name }) => name === source.name),
      left: leftOf[source.name] ?? { documents: 0, bytes: 0 },
      mixed: mixture.sources.find(({ name }) => name === source.name),
    })),
    tokenizer: input.stamp,
    seed,
    validationFraction: fraction,
    split: parts.split,
    train,
    validation,
    packing: parts.train.packing,
    curation: {
      shuffle: config.shuffle,
      shards: config.shards,
      steps: describeSteps(input.stages, funnel),
    },
  };
  await writeSide(folder, tokenizer, manifest, funnel, out);
  await withAtomicDirectory(out, async (place) => {
    for await (const { name } of Deno.readDir(folder)) {
      await Deno.rename(join(folder, name), join(place, name));
    }
  });
  const corpus = corpusOf(out, manifest, false);
  if (corpus === null) {
    throw new Error(`Cannot read back the corpus just written to '${out}'`);
  }
  return { corpus, funnel, mixture, packing: parts.train.packing };
}

async function writeSide(
  folder: string,
  tokenizer: Tokenizer,
  manifest: Manifest,
  funnel: Funnel,
  out: string,
): Promise<void> {
  const dropped = funnel.steps.flatMap(({ label, samples }) =>
    samples.map(({ reason, id, length, text }) =>
      JSON.stringify({ step: label, reason, id, length, text }) + "\n"
    )
  );
  const files = new Map([
    ...tokenizer.files(),
    ["funnel.csv", funnelCsv(funnel)],
    ["funnel.svg", funnelSvg(funnel, `Curation of ${basename(out)}`)],
    [DROPPED_NAME, dropped.join("")],
    [MANIFEST_NAME, JSON.stringify(manifest, null, 2) + "\n"],
  ]);
  for (const [name, content] of files) {
    await Deno.writeTextFile(join(folder, name), content);
  }
}

function describeSteps(
  stages: readonly Stage[],
  funnel: Funnel,
): readonly unknown[] {
  const planned = new Map(
    stages.flatMap(({ corpusStep, routes }) => [
      ...(corpusStep ? [corpusStep] : []),
      ...routes.flat(),
    ]).map((step) => [step.label, step]),
  );
  return funnel.steps.map(({ samples: _, droppedOf: __, ...counts }) => {
    const step = planned.get(counts.label);
    return {
      step: step?.resolved.name,
      options: step?.resolved.options,
      files: step?.resolved.files,
      seed: step?.seed,
      ...counts,
    };
  });
}

async function* counted(
  documents: AsyncIterable<Document>,
  onCount: (documents: number, bytes: number) => void,
): AsyncGenerator<Document> {
  let count = 0;
  let bytes = 0;
  for await (const document of documents) {
    count++;
    bytes += utf8Length(document.text);
    if (count % REPORT_EVERY === 0) onCount(count, bytes);
    yield document;
  }
  onCount(count, bytes);
}
