import { basename, extname, join } from "@std/path";
import { formatCount } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { absoluteSource } from "../../data/read/absolute_source.ts";
import { isUrl } from "../../data/read/is_url.ts";
import { planJson } from "../budget/plan_json.ts";
import { USUAL_LAW } from "../budget/scaling_law.ts";
import { ConsoleReporter } from "../train/console_reporter.ts";
import { listCheckpoints } from "../train/checkpoint.ts";
import {
  type GivenConfig,
  parseGivenConfig,
  parseRunConfig,
} from "../train/parse_run_config.ts";
import { isPlanned } from "../train/is_planned.ts";
import { namesModel } from "../train/names_model.ts";
import type { PlanProgress } from "../train/plan_budget.ts";
import { profileReport } from "../train/profile_report.ts";
import type { RunConfig } from "../train/run_config.ts";
import { describeRunConfig } from "../train/stringify_run_config.ts";
import { train as trainRun } from "../train/trainer.ts";
import type { TrainingSession } from "../train/training_session.ts";
import type { Command } from "./command.ts";
import { TUNE_MODES } from "../tune/tune_program.ts";
import { endOnInterrupt } from "./end_on_interrupt.ts";
import {
  configOverrides,
  optionOverrides,
  readTextFile,
} from "./read_run_config.ts";
import { refuseWithResume } from "./refuse_with_resume.ts";
import { TuningReporter } from "./tuning_reporter.ts";
import type { Output } from "./output.ts";
import { lawOf } from "./plan_options.ts";
import { candidateTable, choiceLine, lawNotes } from "./plan_tables.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";

/** Seconds of a run that names neither time nor steps. */
const DEFAULT_BUDGET = 180;

/**
 * What suits the primer and minutes, where a run says nothing else: its lessons
 * are short, and short sequences in small batches make many steps.
 */
const PRIMER_RUN: Readonly<Record<string, string>> = {
  "train.context": "128",
  "train.batch": "8",
  "optimizer.learning_rate": "5e-3",
  "schedule.warmup": "40",
  "evaluate.every": "0",
  "checkpoint.every": "0",
};

/**
 * Seconds up to which a run on the primer trains its preset. A plan compiles and
 * times models first, for which so short a run has little time, and its laws are
 * about prose, which the primer's exercises are not.
 */
const PRIMER_SECONDS = 600;

/** What a run may go on with another value of, where memory is short. */
const RESUMABLE: readonly string[] = ["train.batch", "train.accumulation"];

/** Options that stand for a key of the configuration. */
const KEYS: readonly (readonly [option: string, key: string])[] = [
  ["budget", "train.budget"],
  ["steps", "train.steps"],
  ["seed", "seed"],
  ["tokenizer", "data.tokenizer"],
  ["tune", "train.tune"],
  ["memory", "memory.limit"],
];

/** Trains a model: the main job. */
export const train: Command = {
  name: "train",
  summary: "Train a language model on text",
  usage: "train [run.yaml] [options]",
  examples: [
    "train",
    "train --data book.txt --budget 30m",
    "train run.yaml --data corpus/ --config train.batch=16",
    "train --resume runs/corpus",
    "train --resume runs/corpus --config train.batch=8",
  ],
  positionals: { min: 0, max: 1 },
  options: [
    {
      name: "data",
      kind: "list",
      placeholder: "PATH",
      description:
        "Text, Markdown, JSONL, CSV (also .gz, .zst) or Parquet; file, folder, " +
        "glob or URL; or token shards; may be given more than once. Without " +
        "it: the generated primer",
    },
    {
      name: "budget",
      kind: "string",
      placeholder: "TIME",
      description:
        "Time that all of it may take, as 90s, 30m, 24h; 3m where neither it " +
        "nor --steps is given. Unless a model is named, one is chosen for it",
    },
    {
      name: "memory",
      kind: "string",
      placeholder: "SIZE",
      description: "Most bytes on the device, as 24GB",
    },
    {
      name: "steps",
      kind: "integer",
      minimum: 1,
      description: "End after this many optimizer steps",
    },
    {
      name: "config",
      kind: "list",
      placeholder: "KEY=VALUE",
      description: "Override a key of run.yaml, as train.batch=16",
    },
    {
      name: "tokenizer",
      kind: "string",
      placeholder: "NAME|FILE",
      description:
        "bytes, characters, a tokenizer.json, or auto: a vocabulary of the " +
        "text, of a size that suits the time",
    },
    {
      name: "law",
      kind: "string",
      placeholder: "FILE|besiroglu|hoffmann",
      description:
        `Scaling law that the model is chosen by, as scale makes one; ` +
        `${USUAL_LAW.name} unless told`,
    },
    {
      name: "seed",
      kind: "integer",
      minimum: 0,
      description: "Seed of weights, data order and samples",
    },
    {
      name: "tune",
      kind: "string",
      choices: TUNE_MODES,
      description:
        "Time kernel variants on this device first: quick takes at most 20 s " +
        "and 2 % of the run, full times all; quick unless told",
    },
    {
      name: "out",
      kind: "string",
      placeholder: "DIR",
      description: "Folder of the run; runs/NAME unless told",
    },
    {
      name: "resume",
      kind: "string",
      placeholder: "DIR",
      description:
        "Go on with a run from its latest checkpoint; --config may change " +
        "train.batch and train.accumulation",
    },
    {
      name: "skip-bad",
      kind: "boolean",
      description: "Count and skip what cannot be read instead of ending",
    },
    {
      name: "profile",
      kind: "boolean",
      description: "Time every kernel and print where a step's time goes",
    },
  ],
  details:
    `Keys of run.yaml and --config, with their defaults:\n\n${describeRunConfig()}`,
  async run(args, output) {
    const { config, given, out, resume } = await runOf(args);
    const law = args.string("law");
    if (law !== undefined && !isPlanned({ config, given, resume })) {
      throw new InputError(
        `Cannot use --law ${law}: it chooses a model for a time, and this ` +
          "run's is settled; leave it out, or name neither model nor steps",
      );
    }
    const abort = new AbortController();
    const release = endOnInterrupt(
      abort,
      output,
      "ending after this step and writing a checkpoint",
    );
    const reporter = new ConsoleReporter({ output });
    const tuning = new TuningReporter(output);
    let session: TrainingSession | undefined;
    let report = "";
    let interrupted = false;
    try {
      const events = trainRun({
        config,
        ...(given ? { given } : {}),
        ...(law === undefined ? {} : { law: await lawOf(law) }),
        // The runtime's clock began with the process.
        startedAt: 0,
        out,
        resume,
        signal: abort.signal,
        profile: args.boolean("profile"),
        onDataProgress: (share, doing) => reporter.preparing(share, doing),
        onPlan: (progress) => tellPlan(progress, output),
        onTuneProgress: (progress) => tuning.progress(progress),
        onSession: (opened) => session = opened,
      });
      for await (const event of events) {
        // The session closes with the last event, and its times with it.
        if (event.type === "finished" && session && args.boolean("profile")) {
          report = await profileReport(session.executable);
        }
        if (event.type === "finished") {
          interrupted = event.reason === "interrupted";
        }
        reporter.report(event);
      }
    } finally {
      reporter.close();
      release();
    }
    if (report) output.line(report);
    if (!output.json) {
      output.note(`Try it: minnow generate ${out} --prompt "Once upon a time"`);
    }
    return interrupted ? 130 : 0;
  },
};

/** Tells what planning comes to. */
function tellPlan(progress: PlanProgress, output: Output): void {
  if (progress.type === "measuring") {
    const { parameters } = progress.shape;
    output.note(`Timing steps of ${formatCount(parameters, "parameters")} …`);
    return;
  }
  const { question, plan } = progress;
  if (output.json) {
    output.object({ type: "planned", ...planJson(question, plan, []) });
    return;
  }
  for (const line of candidateTable(plan)) output.line(line);
  output.line(choiceLine(question, plan));
  for (const note of lawNotes(question, plan)) output.line(note);
}

/** Configuration and folder that the arguments ask for. */
async function runOf(
  args: ParsedArguments,
): Promise<{
  config: RunConfig;
  given?: ReadonlySet<string>;
  out: string;
  resume: boolean;
}> {
  const resumed = args.string("resume");
  if (resumed !== undefined) {
    refuseWithResume(
      args,
      ["data", "out", ...KEYS.map(([name]) => name)],
      "a run goes on as it began; start another run instead",
    );
    const overrides = configOverrides(args);
    const other = Object.keys(overrides).find((key) =>
      !RESUMABLE.includes(key)
    );
    if (other !== undefined) {
      throw new InputError(
        `Cannot resume with another '${other}': a run goes on as it began but for ${
          RESUMABLE.join(" and ")
        }; start another run instead`,
      );
    }
    const path = join(resumed, "run.yaml");
    return {
      config: parseRunConfig(await readTextFile(path), path, overrides),
      out: resumed,
      resume: true,
    };
  }
  const path = args.positionals[0];
  const text = path === undefined ? "" : await readTextFile(path);
  const overrides = overridesOf(args);
  const onPrimer = path === undefined && overrides["data.paths"] === undefined;
  const parse = (others: Readonly<Record<string, string>>) =>
    withBudget(parseGivenConfig(text, path ?? "run.yaml", others));
  const run = parse(overrides);
  const suitsPreset = onPrimer &&
    (namesModel(run.given) || (run.config.train.budget ?? 0) <= PRIMER_SECONDS);
  const { config } = suitsPreset ? parse({ ...PRIMER_RUN, ...overrides }) : run;
  const paths = config.data.paths.map(absoluteSource);
  return {
    config: { ...config, data: { ...config.data, paths } },
    ...(suitsPreset ? {} : { given: run.given }),
    out: args.string("out") ?? await freeFolder(nameOf(path, paths)),
    resume: false,
  };
}

/** The run with a budget where it says nothing of how long it is. */
function withBudget({ config, given }: GivenConfig): GivenConfig {
  const { steps, budget } = config.train;
  if (steps !== null || budget !== null) return { config, given };
  const train = { ...config.train, budget: DEFAULT_BUDGET };
  return { config: { ...config, train }, given };
}

function overridesOf(args: ParsedArguments): Record<string, string> {
  const overrides = optionOverrides(args, KEYS);
  if (args.boolean("skip-bad")) overrides["data.skip_bad"] = "true";
  const data = args.list("data");
  if (data.length > 0) overrides["data.paths"] = JSON.stringify(data);
  return overrides;
}

/** What the run is called after: its file, else its data. */
function nameOf(path: string | undefined, data: readonly string[]): string {
  const source = path ?? data[0];
  if (source === undefined) return "primer";
  const name = basename(isUrl(source) ? new URL(source).pathname : source);
  const cut = name.slice(0, name.length - extname(name).length) || name;
  // Of a glob, what its pattern spells out.
  return cut.replaceAll(/[*?[\]{}]+/g, "") || "run";
}

/** `runs/NAME`, with a number where that is taken. */
async function freeFolder(name: string): Promise<string> {
  for (let number = 1;; number++) {
    const folder = join("runs", number === 1 ? name : `${name}-${number}`);
    const checkpoints = await listCheckpoints(folder);
    if (checkpoints.length === 0) return folder;
  }
}
