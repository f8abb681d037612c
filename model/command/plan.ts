import { writeAtomic } from "../../data/atomic_write.ts";
import { formatBytes, formatCount, formatDuration } from "../../data/format.ts";
import { openDevice } from "../../kernels/runtime/open_device.ts";
import {
  askPlan,
  type OpenQuestion,
  planningBase,
} from "../budget/ask_plan.ts";
import { explainPlan } from "../budget/explain_plan.ts";
import { largestModels } from "../budget/largest_model.ts";
import { guessedRate, MeasuredDevice } from "../budget/measured_device.ts";
import { measureChoice } from "../budget/measure_choice.ts";
import { phi2OnPaper } from "../budget/paper_modes.ts";
import { planJson } from "../budget/plan_json.ts";
import { planRun } from "../budget/plan_run.ts";
import { type PaperDevice, planningDevice } from "../budget/planning_device.ts";
import { BATCH_LAWS } from "../budget/recipe_law.ts";
import type { PlanQuestion, RunPlan } from "../budget/run_plan.ts";
import { isPublished, USUAL_LAW } from "../budget/scaling_law.ts";
import { AUTO_TOKENIZER } from "../train/open_corpus.ts";
import {
  type GivenConfig,
  parseGivenConfig,
} from "../train/parse_run_config.ts";
import { planVocabulary } from "../train/plan_vocabulary.ts";
import { stringifyRunConfig } from "../train/stringify_run_config.ts";
import type { Command } from "./command.ts";
import type { Output } from "./output.ts";
import type { ParsedArguments } from "./parsed_arguments.ts";
import { lawOf, memoryOf, secondsOf } from "./plan_options.ts";
import {
  candidateTable,
  choiceLine,
  largestTable,
  lawNotes,
  paperTable,
} from "./plan_tables.ts";
import { configOverrides, readTextFile } from "./read_run_config.ts";

/** Plans the best run for a time and a memory. */
export const plan: Command = {
  name: "plan",
  summary: "Choose the best model for a time, a memory and a device",
  usage: "plan [run.yaml] [options]",
  examples: [
    "plan --budget 3h --out run.yaml",
    "plan --device rtx-3090 --memory 24GB --budget 24h --explain",
    "plan --tokens 50000000 --inference-tokens 1000000000",
  ],
  positionals: { min: 0, max: 1 },
  options: [
    {
      name: "budget",
      kind: "string",
      placeholder: "TIME",
      default: "24h",
      description: "Time that training may take, as 90s, 30m, 24h",
    },
    {
      name: "memory",
      kind: "string",
      placeholder: "SIZE",
      description:
        "Most bytes on the device, as 24GB; what it has, as far as it is known",
    },
    {
      name: "device",
      kind: "string",
      placeholder: "measure|NAME|FLOPS",
      default: "measure",
      description:
        "measure times real steps on this machine; or a card that is not " +
        "here, as rtx-3090; or the FLOP/s that training reaches, as 12e12",
    },
    {
      name: "tokens",
      kind: "integer",
      minimum: 0,
      description: "Different tokens that there are to learn from",
    },
    {
      name: "law",
      kind: "string",
      placeholder: "FILE|besiroglu|hoffmann",
      default: USUAL_LAW.name,
      description: "The scaling law that predicts losses",
    },
    {
      name: "batch-law",
      kind: "string",
      choices: BATCH_LAWS,
      default: "steplaw",
      description: "The law that the batch is taken from",
    },
    {
      name: "inference-tokens",
      kind: "number",
      minimum: 0,
      maximum: 1e18,
      default: 0,
      description: "Tokens of the model's later use, whose cost counts as well",
    },
    {
      name: "config",
      kind: "list",
      placeholder: "KEY=VALUE",
      description: "Override a key of run.yaml, as data.tokenizer=bpe.json",
    },
    {
      name: "out",
      kind: "string",
      placeholder: "FILE",
      description: "Write the planned run there, for train",
    },
    {
      name: "explain",
      kind: "boolean",
      description: "Say in sentences why the choice is what it is",
    },
  ],
  details:
    "What run.yaml or --config name stays as it is, the model excepted; its " +
    "ingredients, as model.qk_norm, stay. Rates that were measured are kept " +
    "in the user's cache folder, or in MINNOW_CACHE.",
  async run(args, output) {
    const seconds = secondsOf(args.string("budget") ?? "");
    const memory = memoryOf(args);
    const law = await lawOf(args.string("law") ?? USUAL_LAW.name);
    const base = await baseOf(args, seconds);
    const deviceText = args.string("device") ?? "measure";
    const known = deviceText === "measure"
      ? undefined
      : planningDevice(deviceText);
    const question: OpenQuestion = {
      seconds,
      memory,
      law,
      inferenceTokens: args.number("inference-tokens") ?? 0,
      uniqueTokens: args.number("tokens") ?? null,
      batchLaw: BATCH_LAWS.find((name) => name === args.string("batch-law")) ??
        BATCH_LAWS[0],
    };
    const { asked, decided } = known
      ? await onPaper(base, known, question)
      : await measured(base, question, output);
    const path = args.string("out");
    if (path !== undefined) {
      await writeAtomic(path, stringifyRunConfig(decided.config));
    }
    const { limit } = decided.config.memory;
    const largest = known && limit !== null
      ? largestModels(asked.shapes, asked.memoryPlanner, limit)
      : [];
    output.object(planJson(asked, decided, largest));
    print(asked, decided, args, output);
    if (limit !== null && largest.length > 0) {
      output.line();
      for (const line of largestTable(largest, limit)) output.line(line);
      output.line();
      for (const line of paperTable(phi2OnPaper(), limit)) output.line(line);
    }
    if (path !== undefined) {
      output.line();
      output.line(`Written: ${path}. Train it: minnow train ${path} --data …`);
    }
    return 0;
  },
};

/** A question and its answer. */
interface Answer {
  readonly asked: PlanQuestion;
  readonly decided: RunPlan;
}

/** Answers for a device that is not here. */
async function onPaper(
  base: GivenConfig,
  device: PaperDevice,
  question: OpenQuestion,
): Promise<Answer> {
  const { run, tokenizer } = await planVocabulary(base, {
    ...question,
    rate: device.flopsPerSecond,
  });
  const asked = askPlan(run, tokenizer, device, question);
  return { asked, decided: planRun(asked) };
}

/** Answers for the present device. */
async function measured(
  base: GivenConfig,
  question: OpenQuestion,
  output: Output,
): Promise<Answer> {
  const gpu = await openDevice();
  try {
    const { run, tokenizer } = await planVocabulary(base, {
      ...question,
      rate: guessedRate(gpu.capabilities),
    });
    const { config } = run;
    const device = await MeasuredDevice.of(gpu, config, tokenizer.vocabSize);
    const asked = askPlan(run, tokenizer, device, question);
    const decided = await measureChoice(
      device,
      asked,
      ({ parameters }) =>
        output.note(
          `Timing steps of ${formatCount(parameters, "parameters")} …`,
        ),
    );
    return { asked, decided };
  } finally {
    gpu.close();
  }
}

function print(
  question: PlanQuestion,
  decided: RunPlan,
  args: ParsedArguments,
  output: Output,
): void {
  const { device, law, seconds } = question;
  const { chosen, config } = decided;
  const { shape, fit } = chosen;
  const bytesRate = device.bytesRate?.(shape);
  output.line(
    `device     ${device.name}, ${
      formatCount(device.rate(shape), "FLOP/s", true)
    }${
      bytesRate === undefined
        ? ""
        : ` and ${formatCount(bytesRate, "B/s", true)}`
    } in training`,
  );
  output.line(`budget     ${formatDuration(seconds)}`);
  output.line(
    `memory     ${
      config.memory.limit === null
        ? "not bounded"
        : formatBytes(config.memory.limit)
    }, ${args.isGiven("memory") ? "as given" : device.memorySource}`,
  );
  const source = isPublished(law) ? ` (${law.source})` : "";
  output.line(`law        ${law.name}${source}`);
  if (config.data.tokenizer === AUTO_TOKENIZER) {
    const { vocab_size } = shape.config;
    output.line(
      `tokens     a vocabulary of ${vocab_size}, learnt from the text`,
    );
  }
  output.line();
  for (const line of candidateTable(decided)) output.line(line);
  output.line();
  output.line(choiceLine(question, decided));
  output.line(
    `Memory: ${formatBytes(fit.peakBytes)} = ${
      Object.entries(fit.bytes)
        .map(([category, bytes]) => `${category} ${formatBytes(bytes)}`)
        .join(" + ")
    }`,
  );
  for (const text of device.assumed) output.line(`Assumed: ${text}`);
  for (const note of lawNotes(question, decided)) output.line(note);
  if (!args.boolean("explain")) return;
  output.line();
  for (const sentence of explainPlan(question, decided)) output.line(sentence);
}

async function baseOf(
  args: ParsedArguments,
  seconds: number,
): Promise<GivenConfig> {
  const path = args.positionals[0];
  const text = path === undefined ? "" : await readTextFile(path);
  return planningBase(
    parseGivenConfig(text, path ?? "run.yaml", configOverrides(args)),
    seconds,
  );
}
