import { fromFileUrl, join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import type { Funnel } from "../../data/curate/funnel.ts";
import { parseCurationConfig } from "../../data/curate/parse_curation_config.ts";
import { saveQualityModel } from "../../data/curate/quality/quality_file.ts";
import { readLabelled } from "../../data/curate/quality/read_labelled.ts";
import { sampleDocuments } from "../../data/curate/quality/sample_documents.ts";
import { trainQuality } from "../../data/curate/quality/train_quality.ts";
import { runCuration } from "../../data/curate/run_curation.ts";
import { InputError } from "../../data/input_error.ts";
import { readDocuments } from "../../data/read/read_documents.ts";
import { rawMix } from "./raw_mix.ts";

const RECIPE = fromFileUrl(new URL("./curate.yaml", import.meta.url));

/** Documents of the mix that are labelled for the classifier. */
const LABELLED = 150;

/** UTF-8 bytes of either half of the mix. */
const HALF_BYTES = 1_200_000;

/** One chapter in ten is held out. */
const HELD_OUT = 10;

/** What the models are trained and measured on. */
export interface Corpora {
  /** Folder of tokens of the mix as it is. */
  readonly raw: string;
  /** Folder of tokens of what curation leaves of it. */
  readonly curated: string;
  /** What each step of the curation dropped. */
  readonly funnel: Funnel;
  /** AUC of the quality classifier on labels held out. */
  readonly auc: number;
  /** Chapters that are in neither. */
  readonly heldOut: string;
}

/**
 * Makes the mix, labels some of it, trains a classifier, and prepares both
 * corpora as `data prepare` would.
 *
 * @param texts Folder of `text/gutenberg_books.jsonl` and
 * `quality/dclm_quality_labels_499.jsonl`.
 * @param folder Takes everything.
 * @param seed Of the mix and all that follows.
 * @returns Where the corpora are.
 */
export async function makeCorpora(
  texts: string,
  folder: string,
  seed: number,
): Promise<Corpora> {
  const books = join(texts, "text/gutenberg_books.jsonl");
  const web = join(texts, "quality/dclm_quality_labels_499.jsonl");
  const chapters = (await Array.fromAsync(readDocuments([books])))
    .map(({ text }) => text);
  const pages = (await Array.fromAsync(
    readLabelled(readDocuments([web]), { field: "label" }),
  )).filter(({ label }) => label === 0).map(({ text }) => text);
  const mix = rawMix({
    chapters: chapters.filter((_, i) => i % HELD_OUT !== 0),
    pages,
    bytes: HALF_BYTES,
    seed,
  });
  await writeAtomic(
    join(folder, "mix.jsonl"),
    mix.map(({ id, text }) => JSON.stringify({ id, text }) + "\n").join(""),
  );

  const labels = new Map(mix.map(({ id, label }) => [id, label]));
  const sample = await sampleDocuments(ReadableStream.from(mix), {
    count: LABELLED,
    seed,
  });
  const { model, heldOut } = await trainQuality(
    ReadableStream.from(
      sample.map(({ id, text }) => ({ text, label: labels.get(id) ?? 0 })),
    ),
    { seed },
  );
  await saveQualityModel(join(folder, "quality.bin"), model);

  const recipe = await Deno.readTextFile(RECIPE);
  // Paths in it begin where it lies.
  const source = join(folder, "curate.yaml");
  const config = { ...parseCurationConfig(recipe, source, folder), seed };
  const raw = join(folder, "raw");
  await runCuration({ ...config, steps: ["normalize"], out: raw }, { source });
  const { written } = await runCuration(config, { source });
  if (written === null) {
    throw new InputError(`Cannot use '${folder}': it holds an older corpus`);
  }
  return {
    raw,
    curated: config.out,
    funnel: written.funnel,
    auc: heldOut.auc,
    heldOut: chapters.filter((_, i) => i % HELD_OUT === 0).join("\n"),
  };
}
