import { basename, join } from "@std/path";
import { formatCount } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { openDevice } from "../../kernels/runtime/open_device.ts";
import { fitSweep } from "../budget/fit_sweep.ts";
import { guessedRate, MeasuredDevice } from "../budget/measured_device.ts";
import { type PreparedSweep, prepareSweep } from "../budget/prepare_sweep.ts";
import { runSweep } from "../budget/run_sweep.ts";
import { USUAL_LAW } from "../budget/scaling_law.ts";
import { SweepFolder } from "../budget/sweep_folder.ts";
import { parseSizes } from "../budget/sweep_grid.ts";
import { sweepBudgets } from "../budget/sweep_budgets.ts";
import { chooseSweepTokenizer } from "../budget/sweep_vocabulary.ts";
import type { SweepResult } from "../budget/sweep_result.ts";
import { writeSweepReport } from "../budget/write_sweep_report.ts";
import { ConsoleReporter } from "../train/console_reporter.ts";
import type { Command } from "./command.ts";
import type { Output } from "./output.ts";
import { endOnInterrupt } from "./end_on_interrupt.ts";
import { lawOf, memoryOf } from "./plan_options.ts";
import { refuseWithResume } from "./refuse_with_resume.ts";
import {
  amountsOf,
  givenBase,
  keptBase,
  SCALE_KEYS,
} from "./scale_arguments.ts";
import { fitLines, sweepTable } from "./scale_tables.ts";
import { SweepReporter } from "./sweep_reporter.ts";
import { TuningReporter } from "./tuning_reporter.ts";

/** Trains models of several sizes with equal arithmetic and fits a law. */
export const scale: Command = {
  name: "scale",
  summary: "Fit a scaling law to this device and text by small runs",
  usage: "scale [run.yaml] [options]",
  examples: [
    "scale --data corpus/ --budgets 1e12,4e12,1.6e13",
    "scale --data corpus/ --budget 2h --out runs/scale",
    "scale --resume --out runs/scale --budgets 6.4e13 --law runs/scale/law.json",
    "plan --budget 24h --law runs/scale/law.json",
  ],
  positionals: { min: 0, max: 1 },
  options: [
    {
      name: "data",
      kind: "list",
      placeholder: "PATH",
      description:
        "Text or token shards, as for train; may be given more than once. " +
        "Without it: the generated primer",
    },
    {
      name: "budget",
      kind: "string",
      placeholder: "TIME",
      description:
        "Time for the whole sweep, as 2h, from which amounts of training follow",
    },
    {
      name: "budgets",
      kind: "string",
      placeholder: "FLOP,FLOP,…",
      description: "Amounts of training that every size gets, as 1e12,4e12",
    },
    {
      name: "sizes",
      kind: "string",
      placeholder: "N|RATIO,RATIO,…",
      default: "5",
      description:
        "How many sizes, each twice the one before, the law's choice in the " +
        "middle; or multiples of that choice, as 0.5,1,2",
    },
    {
      name: "law",
      kind: "string",
      placeholder: "FILE|besiroglu|hoffmann",
      default: USUAL_LAW.name,
      description: "The scaling law that chooses the middle",
    },
    {
      name: "context",
      kind: "integer",
      minimum: 1,
      description: "Tokens of a sequence",
    },
    {
      name: "tokenizer",
      kind: "string",
      placeholder: "NAME|FILE",
      description:
        "bytes, characters, a tokenizer.json, or auto, as it is unless told: " +
        "a vocabulary of the text, as a planned run of the largest amount has",
    },
    {
      name: "memory",
      kind: "string",
      placeholder: "SIZE",
      description:
        "Most bytes on the device, as 24GB; what it has, as far as it is known",
    },
    {
      name: "config",
      kind: "list",
      placeholder: "KEY=VALUE",
      description: "Override a key of run.yaml, as optimizer.beta2=0.99",
    },
    {
      name: "seed",
      kind: "integer",
      minimum: 0,
      description: "Seed of weights, data order and held-out text",
    },
    {
      name: "out",
      kind: "string",
      placeholder: "DIR",
      default: "runs/scale",
      description: "Folder of the sweep",
    },
    {
      name: "resume",
      kind: "boolean",
      description:
        "Go on with the sweep in --out; with --budgets, add amounts to it",
    },
  ],
  async run(args, output) {
    const path = args.string("out") ?? "";
    const resume = args.boolean("resume");
    if (resume) {
      refuseWithResume(
        args,
        ["data", "config", ...SCALE_KEYS.map(([name]) => name)],
        "a sweep goes on as it began; start another one with another --out",
      );
    }
    const amounts = amountsOf(args);
    if (!resume && amounts === undefined) {
      throw new InputError(
        "Cannot sweep without an amount of training: give a time for all of " +
          "it, as --budget 2h, or --budgets 1e12,4e12,1.6e13",
      );
    }
    const sizes = {
      ratios: parseSizes(args.string("sizes") ?? "5"),
      law: await lawOf(args.string("law") ?? USUAL_LAW.name),
    };
    const memory = memoryOf(args);
    using folder = await SweepFolder.open(path, resume);
    const began = resume ? await keptBase(folder) : await givenBase(args);
    const gpu = await openDevice();
    const reporter = new SweepReporter(output);
    const preparing = new ConsoleReporter({ output });
    const tuning = new TuningReporter(output);
    const abort = new AbortController();
    const release = endOnInterrupt(
      abort,
      output,
      "ending; the run under way is begun again by --resume",
    );
    try {
      const rate = guessedRate(gpu.capabilities);
      const chosen = resume || amounts === undefined
        ? { base: began, notices: [] }
        : await chooseSweepTokenizer(began, {
          folder: path,
          seconds: typeof amounts === "number"
            ? amounts / sizes.ratios.length
            : Math.max(...amounts) / rate,
          rate,
          law: sizes.law,
          onProgress: (share, doing) => preparing.preparing(share, doing),
        });
      const { base } = chosen;
      const sweep = await prepareSweep({
        folder: path,
        base,
        gpu,
        memory,
        onDataProgress: (share, doing) => preparing.preparing(share, doing),
      });
      preparing.close();
      const budgets = typeof amounts === "number"
        ? await sweepBudgets({
          seconds: amounts,
          question: { ...sweep.question, grid: { ...sizes, budgets: [] } },
          device: await MeasuredDevice.of(
            gpu,
            sweep.question.base,
            sweep.vocabulary,
          ),
          onMeasure: ({ parameters }) =>
            output.note(
              `Timing steps of ${formatCount(parameters, "parameters")} …`,
            ),
        })
        : amounts;
      const grids = [
        ...folder.grids,
        ...(budgets ? [{ ...sizes, budgets }] : []),
      ];
      const { points, notices } = sweep.plan(grids);
      await folder.describe(base, grids);
      for (
        const notice of [...chosen.notices, ...sweep.notices, ...notices]
      ) output.line(notice);
      for await (
        const event of runSweep({
          folder,
          points,
          uniqueTokens: sweep.uniqueTokens,
          gpu,
          signal: abort.signal,
          onTuneProgress: (progress) => tuning.progress(progress),
        })
      ) reporter.report(event);
      const results = points.flatMap(({ name }) =>
        folder.results.get(name) ?? []
      );
      reporter.close();
      if (results.length > 0) {
        await conclude(folder.path, results, sweep.question, output);
      }
      return abort.signal.aborted ? 130 : 0;
    } finally {
      reporter.close();
      preparing.close();
      release();
      gpu.close();
    }
  },
};

/** Fits, writes and prints what the runs so far have come to. */
async function conclude(
  folder: string,
  results: readonly SweepResult[],
  { base: { seed, data }, shapes }: PreparedSweep["question"],
  output: Output,
): Promise<void> {
  const fit = fitSweep(results, { seed });
  const text = data.paths.map((path) => basename(path)).join(", ");
  const files = await writeSweepReport(
    folder,
    results,
    fit,
    {
      title: `Sweep on ${text || "the primer"}`,
      vocabulary: shapes[0].config.vocab_size,
    },
  );
  output.object({ type: "fit", ...fit, files });
  output.line();
  for (const line of sweepTable(results, fit.law)) output.line(line);
  output.line();
  for (const line of fitLines(fit)) output.line(line);
  output.line();
  output.line(`Written: ${files.join(", ")}`);
  if (fit.law) {
    output.note(`Plan by it: minnow plan --law ${join(folder, "law.json")}`);
  }
}
