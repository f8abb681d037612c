import { DeviceError } from "../runtime/device_error.ts";
import type { Gpu } from "../runtime/gpu.ts";
import { Trial } from "./trial.ts";
import type { TuningProblem } from "./tuning_problem.ts";
import type {
  TuningEntry,
  TuningTable,
  VariantTiming,
} from "./tuning_table.ts";

/** How thoroughly to tune. */
export interface TunerOptions {
  /** Variants that are timed of each problem, the heuristic's included. */
  readonly variants: number;
  /**
   * Seconds that tuning may take, compilation included. Asked again after each
   * problem, with the rate of the heuristic's choices so far in floating-point
   * operations a second.
   */
  limit(flopsPerSecond: number | undefined): number;
  /** Told how far tuning is. */
  onProgress?(progress: TuningProgress): void;
}

/** How far tuning is. */
export interface TuningProgress {
  /** Problems that are settled. */
  readonly done: number;
  /** Problems in all. */
  readonly total: number;
  /** The problem under way. */
  readonly key: string;
  /** Seconds until tuning ends, as far as can be told. */
  readonly secondsLeft: number;
}

/** What tuning came to. */
export interface TuningResult {
  /** All that is known now. */
  readonly table: TuningTable;
  /** Problems that were timed. */
  readonly timed: number;
  /** Problems that were known before. */
  readonly known: number;
  /** Problems that the limit left to the heuristic. */
  readonly left: number;
  /** Seconds spent. */
  readonly seconds: number;
}

/** The heuristic's choice stays unless it is beaten by this factor. */
const WORTH_CHANGING = 0.97;

/**
 * Times the variants of problems on a device, those that cost the most first,
 * and settles on the fastest correct one. The heuristic's choice stays unless
 * another is clearly faster, so that noise neither slows a program down nor
 * changes the choice from run to run.
 *
 * @param gpu The device.
 * @param problems What a program asks for; see {@linkcode tuningProblems}.
 * @param known What is known of this adapter; entries whose kernels changed are
 * measured again.
 * @param options How long and how thoroughly.
 * @throws {DeviceError} if the device is lost.
 */
export async function tune(
  gpu: Gpu,
  problems: readonly TuningProblem[],
  known: TuningTable,
  options: TunerOptions,
): Promise<TuningResult> {
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const table = new Map(known);
  const open: { problem: TuningProblem; trial: Trial }[] = [];
  for (const problem of problems) {
    if (problem.variants.length < 2) continue;
    const trial = new Trial(problem);
    const entry = known.get(problem.key);
    if (entry && await isTrue(entry, problem, trial, gpu)) {
      if (isThorough(entry, problem, options)) continue;
    } else {
      table.delete(problem.key);
    }
    open.push({ problem, trial });
  }
  const cost = ({ problem, trial }: typeof open[number]) =>
    trial.flops * problem.uses;
  open.sort((a, b) => cost(b) - cost(a));
  let [flops, seconds, dearest, timed] = [0, 0, 0, 0];
  for (const { problem, trial } of open) {
    const rate = seconds > 0 ? flops / seconds : undefined;
    const limit = options.limit(rate);
    // A problem that is begun is finished, if all goes as before.
    if (elapsed() + dearest > limit) break;
    const perProblem = timed > 0 ? elapsed() / timed : 0;
    options.onProgress?.({
      done: timed,
      total: open.length,
      key: problem.key,
      secondsLeft: Math.min(
        limit - elapsed(),
        timed > 0 ? perProblem * (open.length - timed) : Infinity,
      ),
    });
    const began = elapsed();
    const timings = await timeVariants(
      gpu,
      problem,
      trial,
      options.variants,
      () => elapsed() < limit,
    );
    dearest = Math.max(dearest, elapsed() - began);
    timed++;
    const [heuristic] = timings;
    if (heuristic.seconds !== null) {
      flops += trial.flops;
      seconds += heuristic.seconds;
    }
    const variant = winner(timings);
    table.set(problem.key, {
      variant,
      kernel: await trial.digest(variant, gpu.capabilities),
      flops: trial.flops,
      date: new Date().toISOString().slice(0, 10),
      timings,
    });
  }
  return {
    table,
    timed,
    known: problems.length - open.length,
    left: open.length - timed,
    seconds: elapsed(),
  };
}

/** Whether an entry was measured of the kernels that there are. */
async function isTrue(
  entry: TuningEntry,
  problem: TuningProblem,
  trial: Trial,
  gpu: Gpu,
): Promise<boolean> {
  return problem.variants.includes(entry.variant) &&
    entry.timings[0]?.variant === problem.variants[0] &&
    entry.kernel === await trial.digest(entry.variant, gpu.capabilities);
}

/** Whether as many variants were timed as are wanted. */
function isThorough(
  { timings }: TuningEntry,
  problem: TuningProblem,
  { variants }: TunerOptions,
): boolean {
  return timings.length >= Math.min(variants, problem.variants.length);
}

async function timeVariants(
  gpu: Gpu,
  problem: TuningProblem,
  trial: Trial,
  most: number,
  isTime: () => boolean,
): Promise<[VariantTiming, ...VariantTiming[]]> {
  const [heuristic, ...others] = problem.variants;
  const timings: [VariantTiming, ...VariantTiming[]] = [
    await timeVariant(gpu, trial, heuristic, Infinity),
  ];
  for (const variant of others.slice(0, most - 1)) {
    if (!isTime()) break;
    const fastest = Math.min(
      ...timings.map(({ seconds }) => seconds ?? Infinity),
    );
    timings.push(await timeVariant(gpu, trial, variant, fastest));
  }
  // Something else may have slowed down what came first: the heuristic's choice
  // is timed again beside what would replace it.
  const chosen = winner(timings);
  if (chosen === heuristic) return timings;
  for (const [index, timing] of timings.entries()) {
    if (timing.variant !== heuristic && timing.variant !== chosen) continue;
    const again = await timeVariant(gpu, trial, timing.variant, Infinity);
    timings[index] = {
      ...timing,
      seconds: least(timing.seconds, again.seconds),
      error: timing.error ?? again.error,
    };
  }
  return timings;
}

/** The shorter of two times, each of which may have failed. */
function least(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.min(one, other);
}

async function timeVariant(
  gpu: Gpu,
  trial: Trial,
  variant: string,
  fastest: number,
): Promise<VariantTiming> {
  try {
    const { seconds, firstSeconds } = await trial.time(gpu, variant, fastest);
    return { variant, seconds, first_seconds: firstSeconds, error: null };
  } catch (error) {
    if (error instanceof DeviceError && error.kind === "lost") throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { variant, seconds: null, first_seconds: null, error: reason };
  }
}

/**
 * The variant to use, given timings with the heuristic's choice first.
 *
 * @returns The fastest one that is right, if it is worth a change; the
 * heuristic's choice where none was right.
 */
export function winner(
  timings: readonly [VariantTiming, ...VariantTiming[]],
): string {
  const [heuristic] = timings;
  let best = heuristic;
  for (const timing of timings) {
    if ((timing.seconds ?? Infinity) < (best.seconds ?? Infinity)) {
      best = timing;
    }
  }
  const bound = (heuristic.seconds ?? Infinity) * WORTH_CHANGING;
  return (best.seconds ?? Infinity) < bound ? best.variant : heuristic.variant;
}
