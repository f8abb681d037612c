import { dirname, join, SEPARATOR } from "@std/path";
import { corpusOf, type Manifest, readManifest } from "../corpus/manifest.ts";
import { refuseForeignFolder } from "../corpus/refuse_foreign_folder.ts";
import { tokenizerStamp } from "../corpus/tokenizer_stamp.ts";
import type { DownloadProgress } from "../download/download_options.ts";
import { FolderLock } from "../folder_lock.ts";
import { InputError } from "../input_error.ts";
import { removeIfThere } from "../remove_if_there.ts";
import { loadTokenizer } from "../tokenize/load_tokenizer.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import type { CurationConfig } from "./curation_config.ts";
import { planStages, sha256, type Stage } from "./plan_stages.ts";
import {
  finishedStage,
  runStage,
  STAGE_DOCUMENTS,
  type StageOutcome,
  type StageProgress,
} from "./run_stage.ts";
import { SourceReader } from "./source_reader.ts";
import { type CuratedCorpus, writeCorpus } from "./write_corpus.ts";

/** How far a curation has come. */
export interface CurationProgress extends StageProgress {
  /** Number of the stage, from 1 on; the last one writes tokens; 0 before. */
  readonly stage: number;
  /** How many there are. */
  readonly stages: number;
  /** What the stage is, for people. */
  readonly title: string;
}

/** Options of {@linkcode runCuration}. */
export interface CurationOptions {
  /** Name of the configuration's file, for messages. */
  readonly source: string;
  /** Is told now and then. */
  readonly onProgress?: (progress: CurationProgress) => void;
  /** Is told of a stage whose outcome of an earlier run is used. */
  readonly onReuse?: (title: string) => void;
}

/** The outcome of a curation. */
export interface CurationResult {
  /** What was written; null where an earlier run had written the same. */
  readonly written: CuratedCorpus | null;
  /** Folder of the finished stages; null where nothing was kept there. */
  readonly stages: string | null;
}

/**
 * Curates documents and writes a corpus to train on.
 *
 * The work is cut into stages, and each leaves its documents beside the output
 * (`OUT.stages`) under a fingerprint of all that they depend on. A run that was
 * killed goes on after the last finished stage, and a changed configuration
 * from the first stage that it changes; both end with the bytes of a run from
 * nothing. Memory is bounded whatever the size of the sources.
 *
 * @param config The configuration.
 * @param options Its name, and who is told what.
 * @returns What was written.
 * @throws {InputError} If a source, a step or the tokenizer cannot be used,
 * nothing is left of a source, the output is something else, or another run
 * works there.
 * @throws {Error} If the disk is full; what stood at the output is unchanged
 * and finished stages are kept.
 *
 * @example
 * ```ts
 * import { parseCurationConfig, runCuration } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const lines = ["One day.", "One day.", "Another day."];
 * await Deno.writeTextFile(
 *   `${folder}/days.jsonl`,
 *   lines.map((text) => JSON.stringify({ text })).join("\n"),
 * );
 * const config = parseCurationConfig(
 *   "sources: [{ paths: [days.jsonl] }]\nsteps: [exact_duplicates]\nworkers: 1",
 *   "curate.yaml",
 *   folder,
 * );
 * const { written } = await runCuration(config, { source: "curate.yaml" });
 * assertEquals(written?.mixture.sources.length, 1);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function runCuration(
  config: CurationConfig,
  options: CurationOptions,
): Promise<CurationResult> {
  const folder = `${config.out}.stages`;
  try {
    const opened = await open(config, options);
    const { existing, fingerprint } = opened;
    if (existing?.fingerprint === fingerprint && isWhole(config, existing)) {
      return { written: null, stages: null };
    }
    await Deno.mkdir(folder, { recursive: true });
    using _ = await FolderLock.acquire(
      folder,
      `Cannot prepare '${config.out}': another process does so already; ` +
        `wait for it or choose another "out"`,
    );
    return await runLocked(config, folder, opened, options);
  } catch (error) {
    throw isFullDisk(error)
      ? new Error(
        `Cannot prepare '${config.out}': no space is left on its disk; free ` +
          `some and run again (finished stages are kept, and what stood ` +
          `there before is unchanged)`,
        { cause: error },
      )
      : error;
  }
}

/** A curation of which all that can be checked beforehand is in order. */
interface OpenCuration {
  readonly tokenizer: Tokenizer;
  readonly stamp: Manifest["tokenizer"];
  readonly readers: readonly SourceReader[];
  readonly stages: readonly Stage[];
  /** Equal where everything that the corpus depends on is. */
  readonly fingerprint: string;
  /** The corpus that is there already, if there is one. */
  readonly existing: Manifest | null;
}

async function open(
  config: CurationConfig,
  options: CurationOptions,
): Promise<OpenCuration> {
  const { out } = config;
  const existing = await readManifest(out);
  if (existing === null) await refuseForeignFolder(out);
  const tokenizer = await loadTokenizer(config.tokenizer);
  const stamp = tokenizerStamp(tokenizer);
  const readers: SourceReader[] = [];
  for (const source of config.sources) {
    const onDownload = ({ url, bytes, totalBytes }: DownloadProgress): void =>
      options.onProgress?.({
        stage: 0,
        stages: 0,
        title: `downloading ${url}`,
        share: totalBytes === null ? null : bytes / totalBytes,
        documents: 0,
        bytes,
        message: "",
      });
    readers.push(await SourceReader.open(source, onDownload));
  }
  refuseOwnOutput(readers, out);
  const stamps = config.sources.map((source, i) => ({
    name: source.name,
    content: [
      readers[i].files,
      source.text_field,
      source.id_field,
      source.metadata_fields,
      source.skip_bad,
    ],
  }));
  const base = dirname(options.source);
  const stages = await planStages(config, stamps, options.source, base);
  const fingerprint = sha256([
    stages[stages.length - 1].fingerprint,
    stamp,
    config.sources.map(({ name, weight, epochs }) => [name, weight, epochs]),
    config.mixture_tokens,
    config.shuffle,
    config.shards,
    config.validation,
  ]);
  return { tokenizer, stamp, readers, stages, fingerprint, existing };
}

function isWhole({ out }: CurationConfig, existing: Manifest): boolean {
  return corpusOf(out, existing, true) !== null;
}

async function runLocked(
  config: CurationConfig,
  folder: string,
  opened: OpenCuration,
  options: CurationOptions,
): Promise<CurationResult> {
  const { tokenizer, stamp, readers, stages, fingerprint } = opened;
  await removeStale(folder, stages);
  const report = (stage: number, title: string) => (progress: StageProgress) =>
    options.onProgress?.({
      ...progress,
      stage,
      stages: stages.length + 1,
      title,
    });
  const workers = config.workers ?? navigator.hardwareConcurrency;
  const outcomes: StageOutcome[] = [];
  for (const [i, stage] of stages.entries()) {
    const place = join(folder, nameOf(stage, i));
    const title = titleOf(stage);
    const known = await finishedStage(place, stage.fingerprint);
    if (known !== null) {
      options.onReuse?.(title);
      outcomes.push(known);
      continue;
    }
    await removeIfThere(place);
    await Deno.mkdir(place);
    outcomes.push(
      await runStage({
        stage,
        sources: readers,
        before: i === 0
          ? null
          : join(folder, nameOf(stages[i - 1], i - 1), STAGE_DOCUMENTS),
        folder: place,
        workers,
        onProgress: report(i + 1, title),
      }),
    );
  }
  refuseEmptySources(config, outcomes);
  const work = join(folder, WORK);
  await Deno.mkdir(work);
  const last = stages.length - 1;
  const written = await writeCorpus({
    config,
    tokenizer,
    stamp,
    fingerprint,
    files: new Map(
      config.sources.map(({ name }, i) => [name, readers[i].files]),
    ),
    stages,
    outcomes,
    documents: join(folder, nameOf(stages[last], last), STAGE_DOCUMENTS),
    work,
    workers,
    onProgress: report(stages.length + 1, "writing tokens"),
  });
  await removeIfThere(work);
  if (!config.keep_stages) await removeIfThere(folder);
  return { written, stages: config.keep_stages ? folder : null };
}

const WORK = "work";

function nameOf({ fingerprint }: Stage, index: number): string {
  return `${index + 1}-${fingerprint.slice(0, 16)}`;
}

function titleOf({ corpusStep, routes }: Stage): string {
  const steps = routes.flat().map(({ label }) => label);
  const names = [
    corpusStep === null ? "reading" : corpusStep.label,
    ...new Set(steps),
  ];
  return names.length <= 4
    ? names.join(", ")
    : `${names.slice(0, 3).join(", ")}, ${names.length - 3} more`;
}

/** Removes what no stage of the plan will use; nothing but stages. */
async function removeStale(
  folder: string,
  stages: readonly Stage[],
): Promise<void> {
  const wanted = new Set(stages.map(nameOf));
  for await (const { name } of Deno.readDir(folder)) {
    if (wanted.has(name)) continue;
    if (name === WORK || /^\d+-[0-9a-f]{16}$/.test(name)) {
      await removeIfThere(join(folder, name));
    }
  }
}

function refuseOwnOutput(readers: readonly SourceReader[], out: string): void {
  for (const { path } of readers.flatMap(({ files }) => files)) {
    if (
      path.startsWith(out + SEPARATOR) ||
      path.startsWith(`${out}.stages${SEPARATOR}`)
    ) {
      throw new InputError(
        `Cannot prepare '${out}': the source '${path}' lies within it; choose another "out" or other sources`,
      );
    }
  }
}

function refuseEmptySources(
  config: CurationConfig,
  outcomes: readonly StageOutcome[],
): void {
  const left = outcomes[outcomes.length - 1].left;
  const read = outcomes.flatMap((outcome) => outcome.read);
  for (const { name } of config.sources) {
    if ((left[name]?.documents ?? 0) > 0) continue;
    const documents = read.find((source) => source.name === name)?.documents;
    const [worst] = outcomes.flatMap(({ counts }) => counts)
      .toSorted((a, b) => (b.droppedOf[name] ?? 0) - (a.droppedOf[name] ?? 0));
    const [reason] = Object.entries(worst?.dropped ?? {})
      .toSorted(([, a], [, b]) => b.documents - a.documents);
    throw new InputError(
      `Cannot prepare '${config.out}': all ${documents} documents of the ` +
        `source "${name}" were dropped, ${
          worst?.droppedOf[name] ?? 0
        } of them ` +
        `by ${worst?.label} (most often ${
          reason?.[0]
        }); loosen that step, or ` +
        `leave the source out`,
    );
  }
}

function isFullDisk(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT" || isFullDisk(error.cause);
}
