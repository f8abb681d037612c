import { join } from "@std/path";
import type { ChooseVariant } from "../../kernels/plan/plan_options.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import type { TuningProgress } from "../../kernels/tune/tuner.ts";
import { chooseBy } from "../../kernels/tune/tuning_table.ts";
import { formatCount } from "../../data/format.ts";
import { readPlanFile } from "../train/plan_file.ts";
import { type TuneMode, tuneProgram } from "./tune_program.ts";

/** Which kernel variants a run uses, and what is worth a line about them. */
export interface RunVariants {
  /** The choice. */
  readonly choose: ChooseVariant;
  /** Lines for people. */
  readonly notices: readonly string[];
}

/** Most seconds that quick tuning takes. */
const QUICK_SECONDS = 20;
/** Most of a run's time that quick tuning takes. */
const QUICK_SHARE = 0.02;
/** Below this, tuning is not worth beginning. */
const LEAST_SECONDS = 0.5;
/** Rates, in FLOP/s, by which a run's time is judged before one is measured. */
const ASSUMED_RATE = { software: 5e10, gpu: 5e12 };

/**
 * Most seconds that quick tuning takes of a run.
 *
 * @param seconds Time of the run, in seconds.
 */
export function quickTuningSeconds(seconds: number): number {
  const limit = Math.min(QUICK_SECONDS, QUICK_SHARE * seconds);
  return limit < LEAST_SECONDS ? 0 : limit;
}

/** A fresh run, as far as tuning is concerned. */
export interface TunedRun {
  /** How thoroughly to tune. */
  readonly mode: TuneMode;
  /** Seconds that the run may take; null where only steps are given. */
  readonly budget: number | null;
  /** Floating-point operations of all its steps; null where only time is given. */
  readonly flops: number | null;
  /** Plans its program. */
  plan(choose: ChooseVariant): unknown;
  /** Told how far tuning is. */
  onProgress?(progress: TuningProgress): void;
}

/**
 * Chooses the kernels of a fresh run: those known to be the fastest on this
 * device, measured now as far as the run's length allows.
 *
 * @param gpu The device.
 * @param run The run.
 */
export async function variantsOfRun(
  gpu: Gpu,
  { mode, budget, flops, plan, onProgress }: TunedRun,
): Promise<RunVariants> {
  if (mode === "off") return { choose: chooseBy(new Map()), notices: [] };
  const { software } = gpu.capabilities;
  const notices: string[] = [];
  const tuned = await tuneProgram(gpu, plan, {
    mode,
    limit(rate = software ? ASSUMED_RATE.software : ASSUMED_RATE.gpu) {
      if (mode === "full") return Infinity;
      const seconds = Math.min(
        budget ?? Infinity,
        flops === null ? Infinity : flops / rate,
      );
      return quickTuningSeconds(seconds);
    },
    onWarning: (message) => notices.push(message),
    ...(onProgress ? { onProgress } : {}),
  });
  const { timed, left, seconds, table, problems } = tuned;
  if (timed > 0) {
    notices.push(
      `Timed the kernels of ${formatCount(timed)} problems in ${
        seconds.toFixed(1)
      } s${left > 0 ? `; ${left} keep the usual ones for now` : ""}`,
    );
  }
  const variants = new Map(
    problems.flatMap(({ key }) => {
      const entry = table.get(key);
      return entry ? [[key, entry.variant] as const] : [];
    }),
  );
  return { choose: chooseBy(variants), notices };
}

/**
 * The kernels that a run began with: other ones would give other bits.
 *
 * @param out Folder of the run.
 */
export async function variantsOfResumedRun(out: string): Promise<RunVariants> {
  const { kernels } = await readPlanFile(out);
  if (typeof kernels === "object" && kernels !== null) {
    const variants = Object.entries(kernels).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
    return { choose: chooseBy(new Map(variants)), notices: [] };
  }
  return {
    choose: chooseBy(new Map()),
    notices: [
      `${
        join(out, "plan.json")
      } does not say which kernels the run began with: ` +
      "the usual ones are taken, and results may differ in their last bits",
    ],
  };
}
