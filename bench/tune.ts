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
import { inTurn, type TurnTimes } from "./support/in_turn.ts";
import { clocked } from "./support/measure.ts";
import type { Report } from "./support/report.ts";
import { type BenchSize, configOf, SIZES } from "./support/sizes.ts";

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
    const times = await stepsInTurn(
      gpu,
      size,
      [...choices.values()],
      seconds ?? 30,
    );
    [...choices.keys()].forEach((by, index) => {
      const { time, ofFirst } = times[index];
      report.add({
        config: name,
        kernels_by: by,
        seconds: time.median,
        tokens_per_second: size.batch * size.context / time.median,
        time_of_tuned: ofFirst.median,
        spread: ofFirst.spread,
        turns: ofFirst.count,
      });
      lines.push([
        name,
        by,
        `${(time.median * 1000).toFixed(1)} ms`,
        (size.batch * size.context / time.median).toFixed(0),
        ofFirst.median.toFixed(2),
      ]);
    });
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

/** Times steps by each choice, the sessions side by side. */
async function stepsInTurn(
  gpu: Gpu,
  size: BenchSize,
  choices: readonly ChooseVariant[],
  seconds: number,
): Promise<TurnTimes[]> {
  const sessions: TrainingSession[] = [];
  for (const choose of choices) {
    sessions.push(await openSession(gpu, size, false, choose));
  }
  const runs = sessions.map((session) =>
    clocked(stepRunner(session, size).run)
  );
  const times = await inTurn(runs, { seconds, turnSeconds: 0.5 });
  for (const session of sessions) session.close();
  return times;
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
