import { formatDuration } from "../../data/format.ts";
import { openDevice } from "../../kernels/runtime/open_device.ts";
import type { TuningEntry } from "../../kernels/tune/tuning_table.ts";
import { openTokenizer } from "../train/open_corpus.ts";
import { resolveModel } from "../train/resolve_model.ts";
import { TrainingSession } from "../train/training_session.ts";
import { tuneProgram } from "../tune/tune_program.ts";
import { TuningCache } from "../tune/tuning_cache.ts";
import type { Command } from "./command.ts";
import { readRunConfig } from "./read_run_config.ts";
import { type Column, tableLines } from "./table.ts";
import { TuningReporter } from "./tuning_reporter.ts";
import { trainingShape } from "../train/training_shape.ts";

const COLUMNS: readonly Column[] = [
  { title: "problem", align: "left" },
  { title: "uses", align: "right" },
  { title: "usual kernel", align: "left" },
  { title: "chosen kernel", align: "left" },
  { title: "time", align: "right" },
  { title: "GFLOP/s", align: "right" },
  { title: "gain", align: "right" },
];

/** Times the kernels of a run and prints what was found. */
export const tune: Command = {
  name: "tune",
  summary: "Time the kernels that a run would use on this device",
  usage: "tune [run.yaml] [options]",
  examples: [
    "tune",
    "tune run.yaml --mode full",
    "tune --config model.preset=gpt2-124m --config train.batch=4",
  ],
  positionals: { min: 0, max: 1 },
  options: [
    {
      name: "mode",
      kind: "string",
      choices: ["quick", "full"],
      default: "quick",
      description:
        "quick times the likeliest variants of each problem, full all of them",
    },
    {
      name: "seconds",
      kind: "number",
      minimum: 1,
      placeholder: "N",
      description: "End after this time; the rest keeps its usual kernels",
    },
    {
      name: "config",
      kind: "list",
      placeholder: "KEY=VALUE",
      description: "Override a key of run.yaml, as train.batch=16",
    },
  ],
  details: "What is measured is kept in the user's cache folder, or in " +
    "MINNOW_CACHE, and used by train.",
  async run(args, output) {
    const config = await readRunConfig(args);
    const { train, optimizer, memory, seed } = config;
    const tokenizer = await openTokenizer(config.data, { seed });
    const model = resolveModel(config.model, {
      vocabSize: tokenizer.vocabSize,
      context: train.context,
      bosTokenId: tokenizer.beginOfText,
      eosTokenId: tokenizer.endOfText,
    }, "run.yaml");
    const gpu = await openDevice();
    const reporter = new TuningReporter(output);
    try {
      const seconds = args.number("seconds") ?? Infinity;
      const cache = await TuningCache.of(gpu);
      const tuned = await tuneProgram(
        gpu,
        (choose) =>
          TrainingSession.plan(gpu.capabilities, {
            config: model,
            shape: trainingShape(train, tokenizer.vocabSize),
            optimizer,
            memory,
            samples: config.sample.prompts.length > 0,
            operands: train.operands,
          }, choose),
        {
          mode: args.string("mode") === "full" ? "full" : "quick",
          limit: () => seconds,
          cache,
          onProgress: (progress) => reporter.progress(progress),
          onWarning: (message) => output.note(message),
        },
      );
      reporter.close();
      output.line(`adapter  ${gpu.adapter.name}`);
      output.line(
        `kept in  ${cache.path ?? "nothing: there is no cache folder"}`,
      );
      output.line();
      const rows = tuned.problems.flatMap(({ key, uses }) => {
        const entry = tuned.table.get(key);
        if (!entry) return [];
        output.object({ problem: key, uses, ...entry });
        return [rowOf(key, uses, entry)];
      });
      for (const line of tableLines(COLUMNS, rows)) output.line(line);
      output.line();
      output.line(
        `${tuned.timed} problems timed in ${formatDuration(tuned.seconds)}, ` +
          `${tuned.known} known or without a choice, ${tuned.left} left`,
      );
      return 0;
    } finally {
      reporter.close();
      gpu.close();
    }
  },
};

function rowOf(key: string, uses: number, entry: TuningEntry): string[] {
  const [usual] = entry.timings;
  const chosen = entry.timings.find(({ variant }) => variant === entry.variant);
  const seconds = chosen?.seconds ?? NaN;
  return [
    key,
    String(uses),
    usual.variant,
    entry.variant,
    `${(seconds * 1000).toFixed(3)} ms`,
    (entry.flops / seconds / 1e9).toFixed(1),
    `${((usual.seconds ?? NaN) / seconds).toFixed(2)}×`,
  ];
}
