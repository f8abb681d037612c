import { join } from "@std/path";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import { funnelLines } from "../model/command/funnel_table.ts";
import type { Column } from "../model/command/table.ts";
import { makeCorpora } from "./curation/make_corpora.ts";
import { trainAndMeasure } from "./curation/train_and_measure.ts";
import type { BenchArguments } from "./support/arguments.ts";
import type { Report } from "./support/report.ts";
import { requiredTexts } from "./support/required_texts.ts";

/** Seeds, each of a mix, of weights and of an order of learning. */
const SEEDS = [1, 2];

/** Optimizer steps of every run. */
const STEPS = 400;

/** What counts, and what shows whether it holds elsewhere. */
const BOOKS = "books";
const ENCYCLOPEDIA = "wikitext";

const COLUMNS: readonly Column[] = [
  { title: "seed", align: "left" },
  { title: "corpus", align: "left" },
  { title: "tokens", align: "right" },
  { title: BOOKS, align: "right" },
  { title: "of raw", align: "right" },
  { title: ENCYCLOPEDIA, align: "right" },
  { title: "of raw", align: "right" },
];

/**
 * Trains the same model for the same number of tokens on a corpus that is half
 * books and half junk, and on what `curation/curate.yaml` leaves of it, and
 * compares bits per byte on chapters that are in neither (which counts) and on
 * Wikipedia.
 *
 * @param gpu Device to train on.
 * @param args The folder of texts, and which seeds.
 * @param report Where results go.
 * @throws {InputError} if the folder of texts is not named.
 */
export async function benchCuration(
  gpu: Gpu,
  args: BenchArguments,
  report: Report,
): Promise<void> {
  const texts = requiredTexts(args, "measure curation", [
    "text/gutenberg_books.jsonl",
    "quality/dclm_quality_labels_499.jsonl",
    "eval/wikitext2_valid.txt",
  ]);
  const wikitext = await Deno.readTextFile(
    join(texts, "eval/wikitext2_valid.txt"),
  );
  const lines: string[][] = [];
  for (const seed of SEEDS) {
    if (!String(seed).includes(args.filter)) continue;
    const folder = await Deno.makeTempDir({ prefix: "curation-" });
    try {
      const corpora = await makeCorpora(texts, folder, seed);
      for (const line of funnelLines(corpora.funnel)) report.line(line);
      report.line(`quality classifier: held-out AUC ${corpora.auc.toFixed(3)}`);
      const heldOut = new Map([
        [BOOKS, corpora.heldOut],
        [ENCYCLOPEDIA, wikitext],
      ]);
      let raw: ReadonlyMap<string, number> | undefined;
      for (const corpus of ["raw", "curated"] as const) {
        const { tokens, bitsPerByte, seconds } = await trainAndMeasure(gpu, {
          data: corpora[corpus],
          out: join(folder, `run-${corpus}`),
          steps: STEPS,
          seed,
          heldOut,
        });
        raw ??= bitsPerByte;
        const of = (name: string): [number, number] => {
          const bits = bitsPerByte.get(name) ?? NaN;
          return [bits, bits / (raw?.get(name) ?? NaN)];
        };
        const [books, booksOfRaw] = of(BOOKS);
        const [wiki, wikiOfRaw] = of(ENCYCLOPEDIA);
        report.add({
          seed,
          corpus,
          tokens,
          bits_per_byte_books: books,
          books_of_raw: booksOfRaw,
          bits_per_byte_wikitext: wiki,
          wikitext_of_raw: wikiOfRaw,
          classifier_auc: corpora.auc,
          left_bytes: corpus === "raw"
            ? corpora.funnel.read.bytes
            : corpora.funnel.left.bytes,
          seconds,
        });
        lines.push([
          String(seed),
          corpus,
          String(tokens),
          books.toFixed(4),
          booksOfRaw.toFixed(3),
          wiki.toFixed(4),
          wikiOfRaw.toFixed(3),
        ]);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  report.line("Bits per byte on text that is in no corpus:");
  report.table(COLUMNS, lines);
}
