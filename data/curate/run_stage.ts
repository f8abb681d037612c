import { join } from "@std/path";
import { writeAtomic } from "../atomic_write.ts";
import type { Document } from "../document.ts";
import { utf8Length } from "../utf8_length.ts";
import { DocumentSpool } from "./document_spool.ts";
import { judgeBatches } from "./judge_batches.ts";
import type { RoutedBatch } from "./judge_worker.ts";
import { batchDocuments } from "./batch_documents.ts";
import type { PlannedStep, Stage } from "./plan_stages.ts";
import { sourceNameOf } from "./source_name.ts";
import type { SourceReader } from "./source_reader.ts";
import type { Dropped } from "./step.ts";
import { parseStep } from "./step_catalog.ts";
import type { StepSpec } from "./step_spec.ts";
import { type Amount, type StepCounts, StepTally } from "./step_tally.ts";

/** What a stage leaves beside its documents. */
export interface StageOutcome {
  /** The stage's own. */
  readonly fingerprint: string;
  /** Counts of each of its steps, in order. */
  readonly counts: readonly StepCounts[];
  /** What was read of each source; empty after the first stage. */
  readonly read: readonly SourceCounts[];
  /** What is left of each source. */
  readonly left: Readonly<Record<string, Amount>>;
}

/** What was read of a source. */
export interface SourceCounts extends Amount {
  /** Name of the source. */
  readonly name: string;
  /** What could not be read, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** How far a stage has come. */
export interface StageProgress {
  /** The share done, 0 … 1; null where it cannot be known. */
  readonly share: number | null;
  /** Documents that have come in so far. */
  readonly documents: number;
  /** Bytes of their text. */
  readonly bytes: number;
  /** What a step that reads all first is doing; empty otherwise. */
  readonly message: string;
}

/** What a stage works with. */
export interface StageInput {
  /** The stage. */
  readonly stage: Stage;
  /** The sources, for the first stage. */
  readonly sources: readonly SourceReader[];
  /** File of the documents that the stage before left; null for the first. */
  readonly before: string | null;
  /** Takes what the stage leaves; an empty folder. */
  readonly folder: string;
  /** Threads for document steps. */
  readonly workers: number;
  /** Is told now and then. */
  readonly onProgress: (progress: StageProgress) => void;
}

/** Name of a stage's documents in its folder. */
export const STAGE_DOCUMENTS = "documents";
const OUTCOME = "stage.json";

/**
 * Runs one stage. Its documents are complete on disk before its outcome is.
 *
 * @param input Stage, what it reads and where it writes.
 * @returns What it leaves.
 * @throws {InputError} If a source cannot be read or a step refuses its input.
 */
export async function runStage(input: StageInput): Promise<StageOutcome> {
  const { stage, folder, workers } = input;
  const left = new Map<string, { documents: number; bytes: number }>();
  const tallies = new Map<string, StepTally>();
  const tallyOf = ({ label, seed }: PlannedStep): StepTally => {
    const known = tallies.get(label) ?? new StepTally(label, seed);
    tallies.set(label, known);
    return known;
  };
  if (stage.corpusStep) tallyOf(stage.corpusStep);
  // Steps of single sources come before those that all have.
  const steps = [
    ...stage.routes.flat().filter(({ label }) => label.includes("/")),
    ...stage.routes[0],
  ];
  for (const step of steps) tallyOf(step);
  const batches = stage.corpusStep === null
    ? readSources(input)
    : runCorpusStep(input, stage.corpusStep, tallyOf(stage.corpusStep));
  const plan = { routes: stage.routes.map((route) => route.map(specOf)) };
  const spool = DocumentSpool.create(join(folder, STAGE_DOCUMENTS));
  try {
    for await (
      const judged of judgeBatches(batches, plan, workers)
    ) {
      for (const [i, counts] of judged.counts.entries()) {
        tallyOf(stage.routes[judged.route][i]).merge(counts);
      }
      for (const document of judged.documents) {
        spool.append(document);
        const name = sourceNameOf(document);
        const amount = left.get(name) ?? { documents: 0, bytes: 0 };
        left.set(name, amount);
        amount.documents++;
        amount.bytes += utf8Length(document.text);
      }
    }
    spool.finish();
  } finally {
    spool.close();
  }
  const outcome: StageOutcome = {
    fingerprint: stage.fingerprint,
    counts: [...tallies.values()].map((tally) => tally.counts()),
    read: stage.corpusStep === null
      ? input.sources.map((source) => source.counts())
      : [],
    left: Object.fromEntries(left),
  };
  await syncFile(join(folder, STAGE_DOCUMENTS));
  await writeAtomic(join(folder, OUTCOME), JSON.stringify(outcome) + "\n");
  return outcome;
}

/**
 * Looks for the outcome of a stage that was run before.
 *
 * @param folder Where the stage would have left it.
 * @param fingerprint The stage's.
 * @returns The outcome, or null where there is none that can be used.
 */
export async function finishedStage(
  folder: string,
  fingerprint: string,
): Promise<StageOutcome | null> {
  try {
    const outcome: StageOutcome = JSON.parse(
      await Deno.readTextFile(join(folder, OUTCOME)),
    );
    if (outcome.fingerprint !== fingerprint) return null;
    DocumentSpool.open(join(folder, STAGE_DOCUMENTS)).close();
    return outcome;
  } catch {
    return null;
  }
}

async function* readSources(input: StageInput): AsyncGenerator<RoutedBatch> {
  const { sources, onProgress } = input;
  const total = sources.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  for (const [route, source] of sources.entries()) {
    for await (const documents of batchDocuments(source.documents())) {
      const read = sources.map((each) => each.counts());
      const bytesRead = sources.reduce((sum, each) => sum + each.bytesRead, 0);
      onProgress({
        share: total > 0 ? Math.min(1, bytesRead / total) : null,
        documents: read.reduce((sum, each) => sum + each.documents, 0),
        bytes: read.reduce((sum, each) => sum + each.bytes, 0),
        message: "",
      });
      yield { route, documents };
    }
  }
}

async function* runCorpusStep(
  input: StageInput,
  planned: PlannedStep,
  tally: StepTally,
): AsyncGenerator<RoutedBatch> {
  const { before, folder, onProgress } = input;
  const step = await parseStep(planned.value, planned.where);
  if (step.kind !== "corpus" || before === null) {
    throw new TypeError(`Step ${planned.label} sees no whole corpus`);
  }
  const spool = DocumentSpool.open(before);
  const own = join(folder, "work");
  await Deno.mkdir(own);
  let documents = 0;
  let bytes = 0;
  let message = "";
  const report = (): void =>
    onProgress({
      share: documents < spool.documents ? documents / spool.documents : null,
      documents,
      bytes,
      // Until all is read, the share says more.
      message: documents < spool.documents ? "" : message,
    });
  async function* entering(): AsyncGenerator<Document> {
    for (const document of spool.replay()) {
      const size = utf8Length(document.text);
      tally.enter(size);
      documents++;
      bytes += size;
      if (documents % 256 === 0) report();
      yield document;
    }
  }
  const leaving = step.run(entering(), {
    drop: (document: Document, reason: Dropped["dropped"]) =>
      tally.drop(document, utf8Length(document.text), reason),
    progress: (text) => {
      message = text;
      report();
    },
    folder: own,
    seed: planned.seed,
  });
  async function* counted(): AsyncGenerator<Document> {
    for await (const document of leaving) {
      tally.leave(utf8Length(document.text), false);
      yield document;
    }
  }
  for await (const batch of batchDocuments(counted())) {
    yield { route: 0, documents: batch };
  }
  await Deno.remove(own, { recursive: true });
}

/** What threads are told of a step. */
function specOf({ label, seed, value, where }: PlannedStep): StepSpec {
  return { label, seed, value, where };
}

async function syncFile(path: string): Promise<void> {
  const file = await Deno.open(path, { read: true, write: true });
  try {
    await file.sync();
  } finally {
    file.close();
  }
}
