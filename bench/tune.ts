import { InputError } from "../data/input_error.ts";
import type { ChooseVariant } from "../kernels/plan/plan_options.ts";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import {
  chooseBy,
  parseTuningTable,
  type TuningTable,
} from "../kernels/tune/tuning_table.ts";
import { tuningProblems } from "../kernels/tune/tuning_problem.ts";
import { compareChoices } from "./tune/choices.ts";
import type { Column } from "../model/command/table.ts";
import { runDefaults } from "./support/run_defaults.ts";
import { TrainingSession } from "../model/train/training_session.ts";
import { tuneProgram } from "../model/tune/tune_program.ts";
import { TuningCache } from "../model/tune/tuning_cache.ts";
import { openSession } from "./step/open_session.ts";
import { stepRunner } from "./step/step_runner.ts";
import type { BenchArguments } from "./support/arguments.ts";
import { measure } from "./support/measure.ts";
import type { Report } from "./support/report.ts";
import { type BenchSize, configOf, SIZES } from "./support/sizes.ts";
import { summarize } from "./support/statistics.ts";

const COLUMNS: readonly Column[] = [
  { title: "config", align: "left" },
  { title: "kernels by", align: "left" },
  { title: "time", align: "right" },
  { title: "tokens/s", align: "right" },
  { title: "of tuned", align: "right" },
];

const CHOICE_COLUMNS: readonly Column[] = [
  { title: "problem", align: "left" },
  { title: "quick", align: "left" },
  { title: "of best", align: "right" },
  { title: "again", align: "left" },
  { title: "of best", align: "right" },
  { title: "heuristic", align: "right" },
  { title: "best", align: "left" },
];

/** Problems of which every variant is timed. */
const COMPARED = 6;

/** Rounds in which all choices take their turn. */
const ROUNDS = 3;

/**
 * Times training steps with the kernels that the tuner chooses, with those of
 * the heuristic, and with those that suit another adapter, in turn. Compares
 * what two quick tunings choose for the costliest problems with the fastest of
 * all variants.
 *
 * @param gpu Device to measure.
 * @param args Configurations, seconds a turn, and another adapter's timings.
 * @param report Where results go.
 */
export async function benchTune(
  gpu: Gpu,
  { configs, seconds, other }: BenchArguments,
  report: Report,
): Promise<void> {
  const lines: string[][] = [];
  const compared: string[][] = [];
  for (const name of configs.length > 0 ? configs : ["S"]) {
    const size = SIZES.get(name);
    if (!size) continue;
    const choices = new Map([
      ["tuner", choiceOf(await tuned(gpu, size))],
      ["heuristic", chooseBy(new Map())],
    ]);
    if (other !== undefined) {
      choices.set("other adapter", choiceOf(await tableIn(other)));
    }
    const medians = await inTurn(gpu, size, choices, seconds ?? 3);
    const best = medians.get("tuner") ?? NaN;
    for (const [by, taken] of medians) {
      report.add({
        config: name,
        kernels_by: by,
        seconds: taken,
        tokens_per_second: size.batch * size.context / taken,
        time_of_tuned: taken / best,
      });
      lines.push([
        name,
        by,
        `${(taken * 1000).toFixed(1)} ms`,
        (size.batch * size.context / taken).toFixed(0),
        (taken / best).toFixed(2),
      ]);
    }
    const comparisons = await compareChoices(
      gpu,
      tuningProblems((choose) => planOf(gpu, size, choose)),
      COMPARED,
    );
    for (const each of comparisons) {
      const { problem, quick, again, best: fastest, timeOfBest } = each;
      report.add({
        config: name,
        problem,
        quick,
        again,
        best: fastest,
        quick_time_of_best: timeOfBest.quick,
        again_time_of_best: timeOfBest.again,
        heuristic_time_of_best: timeOfBest.heuristic,
      });
      compared.push([
        problem,
        quick,
        timeOfBest.quick.toFixed(2),
        again,
        timeOfBest.again.toFixed(2),
        timeOfBest.heuristic.toFixed(2),
        fastest,
      ]);
    }
  }
  report.table(COLUMNS, lines);
  report.table(CHOICE_COLUMNS, compared);
}

/** Median seconds of a step by each choice. */
async function inTurn(
  gpu: Gpu,
  size: BenchSize,
  choices: ReadonlyMap<string, ChooseVariant>,
  seconds: number,
): Promise<Map<string, number>> {
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [by, choose] of choices) {
      const session = await openSession(gpu, size, false, choose);
      const { run } = stepRunner(session, size);
      const { median } = await measure(run, { seconds });
      session.close();
      times.set(by, [...times.get(by) ?? [], median]);
    }
  }
  return new Map(
    [...times].map(([by, found]) => [by, summarize(found).median]),
  );
}

async function tuned(gpu: Gpu, size: BenchSize): Promise<TuningTable> {
  const { table } = await tuneProgram(
    gpu,
    (choose) => planOf(gpu, size, choose),
    {
      mode: "quick",
      limit: () => Infinity,
      cache: await TuningCache.of(gpu),
    },
  );
  return table;
}

function planOf(gpu: Gpu, size: BenchSize, choose: ChooseVariant): unknown {
  const { optimizer, memory } = runDefaults();
  return TrainingSession.plan(gpu.capabilities, {
    config: configOf(size),
    shape: { ...size, accumulates: false },
    optimizer,
    memory,
    samples: false,
  }, choose);
}

function choiceOf(table: TuningTable): ChooseVariant {
  return chooseBy(
    new Map([...table].map(([key, { variant }]) => [key, variant])),
  );
}

async function tableIn(path: string): Promise<TuningTable> {
  const table = parseTuningTable(
    await Deno.readTextFile(path).catch(() => ""),
  );
  if (table) return table;
  throw new InputError(
    `Cannot use '${path}': it is no file of kernel timings; take one from ` +
      "the cache folder that 'minnow tune' names",
  );
}
