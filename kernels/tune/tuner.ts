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
  return await raced(gpu, trial, timings);
}

/** Variants that race the heuristic's choice, at most. */
const MOST_RACING = 2;
/** How much slower than the fastest one they may have been. */
const CLOSE = 1.25;

/**
 * Timed one after the other, variants may have met the device in different
 * moods: the fastest ones race what they would replace.
 */
async function raced(
  gpu: Gpu,
  trial: Trial,
  timings: [VariantTiming, ...VariantTiming[]],
): Promise<[VariantTiming, ...VariantTiming[]]> {
  const [heuristic, ...others] = timings;
  const { seconds: base } = heuristic;
  const right = others.filter(({ seconds }) => seconds !== null)
    .sort((one, other) => secondsOf(one) - secondsOf(other));
  if (base === null || right.length === 0) return timings;
  const fastest = Math.min(base, secondsOf(right[0]));
  const rivals = right.slice(0, MOST_RACING)
    .filter((each) => secondsOf(each) < CLOSE * fastest)
    .map(({ variant }) => variant);
  if (rivals.length === 0) return timings;
  try {
    const ratios = await trial.race(gpu, [heuristic.variant, ...rivals]);
    const times = rivals.map((variant, index): [string, number] => [
      variant,
      base * ratios[index + 1],
    ]);
    return afterRace(timings, new Map(times));
  } catch (error) {
    if (error instanceof DeviceError && error.kind === "lost") throw error;
    // No room for all of them at once: what was measured before decides.
    return timings;
  }
}

/**
 * Timings after some variants raced the first one: theirs become those of the
 * race, and what did not race keeps its distance from the fastest that did, so
 * that it cannot win by the mood it met.
 *
 * @param timings Timings one after the other, the heuristic's choice first.
 * @param raced Seconds in the race, the variant first that was fastest before.
 */
export function afterRace(
  timings: readonly [VariantTiming, ...VariantTiming[]],
  raced: ReadonlyMap<string, number>,
): [VariantTiming, ...VariantTiming[]] {
  const [heuristic, ...others] = timings;
  const [[fastest, seconds]] = raced;
  const before = others.find(({ variant }) => variant === fastest);
  const apart = seconds / (before?.seconds ?? seconds);
  const rest = others.map((timing) => ({
    ...timing,
    seconds: raced.get(timing.variant) ??
      (timing.seconds && timing.seconds * apart),
  }));
  return [heuristic, ...rest];
}

function secondsOf({ seconds }: VariantTiming): number {
  return seconds ?? Infinity;
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
    if (secondsOf(timing) < secondsOf(best)) best = timing;
  }
  const bound = secondsOf(heuristic) * WORTH_CHANGING;
  return secondsOf(best) < bound ? best.variant : heuristic.variant;
}
