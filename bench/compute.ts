import { join } from "@std/path";
import { primerDocuments } from "../data/primer/primer_documents.ts";
import { writeAtomic } from "../data/atomic_write.ts";
import { exists } from "../data/exists.ts";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import { fitSweep } from "../model/budget/fit_sweep.ts";
import { prepareSweep } from "../model/budget/prepare_sweep.ts";
import { runSweep } from "../model/budget/run_sweep.ts";
import { USUAL_LAW } from "../model/budget/scaling_law.ts";
import { SweepFolder } from "../model/budget/sweep_folder.ts";
import { formatBudget, type SweepGrid } from "../model/budget/sweep_plan.ts";
import { chooseSweepTokenizer } from "../model/budget/sweep_vocabulary.ts";
import type { SweepResult } from "../model/budget/sweep_result.ts";
import { writeSweepReport } from "../model/budget/write_sweep_report.ts";
import { fitLines, sweepTable } from "../model/command/scale_tables.ts";
import { parseGivenConfig } from "../model/train/parse_run_config.ts";
import type { BenchArguments } from "./support/arguments.ts";
import type { Report } from "./support/report.ts";
import { requiredTexts } from "./support/required_texts.ts";

/** Finished runs stay here, so that a bench that was ended goes on. */
const FOLDER = join("runs", "bench-compute");
/** Amounts of training: minutes to hours on a software adapter. */
const BUDGETS = [2.5e11, 1e12, 4e12, 1.6e13];
/**
 * Sizes, as multiples of the planner's choice: so many that five models are left
 * where the ladder has few smaller ones.
 */
const RATIOS = [0.25, 0.5, 1, 1.5, 2, 3, 4];
/** A text to train on, in the folder that `--texts` names. */
const BOOKS = "text/gutenberg_books.jsonl";
/** Tokens of a sequence. */
const CONTEXT = "128";
const PRIMER = { seed: 1, bytes: 8_000_000 };

/**
 * Is the planner right about compute? Trains its choice and models of a quarter
 * to four times its size with equal arithmetic, on books and the primer, and
 * compares losses on text that was held out.
 *
 * @param gpu Device to train on.
 * @param args The folder of texts, and which amounts.
 * @param report Where results go.
 * @throws {InputError} if the folder of texts is not named.
 */
export async function benchCompute(
  gpu: Gpu,
  args: BenchArguments,
  report: Report,
): Promise<void> {
  const texts = requiredTexts(args, "measure the planner", [BOOKS]);
  const grid: SweepGrid = {
    // As 1e12,4e12: any of them.
    budgets: BUDGETS.filter((flops) =>
      args.filter.split(",").some((part) => formatBudget(flops).includes(part))
    ),
    ratios: RATIOS,
    law: USUAL_LAW,
  };
  await Deno.mkdir(FOLDER, { recursive: true });
  const primer = join(FOLDER, "primer.jsonl");
  await writePrimer(primer);
  using folder = await SweepFolder.open(
    FOLDER,
    await exists(join(FOLDER, "sweep.json")),
  );
  const { base } = await chooseSweepTokenizer(
    parseGivenConfig("", "bench", {
      "train.context": CONTEXT,
      "data.paths": JSON.stringify([join(texts, BOOKS), primer]),
    }),
    {
      folder: FOLDER,
      // At a FLOP a second: merges are learnt from all of the text.
      seconds: Math.max(...grid.budgets),
      rate: 1,
      law: grid.law,
    },
  );
  const sweep = await prepareSweep({ folder: FOLDER, base, gpu, memory: null });
  await folder.describe(base, [grid]);
  const { points, notices } = sweep.plan([grid]);
  for (const notice of notices) report.line(notice);
  const { uniqueTokens } = sweep;
  for await (const event of runSweep({ folder, points, uniqueTokens, gpu })) {
    if (event.type === "point") report.line(`${event.result.name} is finished`);
  }
  const results = points.flatMap(({ name }) => folder.results.get(name) ?? []);
  const fit = fitSweep(results);
  for (const result of results) {
    const { run: _, ...row } = result;
    report.add({ ...row, over_best: overBest(result, results) });
  }
  if (fit.law) report.add({ fitted: fit.law, best_sizes: fit.isoFlop });
  await writeSweepReport(FOLDER, results, fit, {
    title: "Books and the primer",
    vocabulary: sweep.question.shapes[0].config.vocab_size,
  });
  for (const line of sweepTable(results, fit.law)) report.line(line);
  report.line("");
  for (const line of fitLines(fit)) report.line(line);
  report.line("");
  for (const result of results.filter(({ chosen }) => chosen)) {
    const over = 100 * overBest(result, results);
    report.line(
      `${formatBudget(result.budget)} FLOP: the planner's choice ends ${
        over.toFixed(2)
      } % over the best of its sizes`,
    );
  }
}

/** How far a loss lies over the lowest for the same arithmetic, as a share. */
function overBest(
  { budget, loss }: SweepResult,
  results: readonly SweepResult[],
): number {
  const losses = results.filter((other) => other.budget === budget)
    .map((other) => other.loss);
  return loss / Math.min(...losses) - 1;
}

async function writePrimer(path: string): Promise<void> {
  // Rewritten, it would be another file, and its tokens made anew.
  if (await exists(path)) return;
  const lines = Array.from(
    primerDocuments(PRIMER),
    ({ id, text }) => JSON.stringify({ id, text }) + "\n",
  );
  await writeAtomic(path, lines.join(""));
}
