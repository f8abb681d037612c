import type { ChooseVariant } from "../../kernels/plan/plan_options.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import {
  tune,
  type TuningProgress,
  type TuningResult,
} from "../../kernels/tune/tuner.ts";
import {
  type TuningProblem,
  tuningProblems,
} from "../../kernels/tune/tuning_problem.ts";
import { TuningCache } from "./tuning_cache.ts";

/** How thoroughly kernels are tuned before training. */
export type TuneMode = "off" | "quick" | "full";

/** The modes, as the command line spells them. */
export const TUNE_MODES: readonly TuneMode[] = ["off", "quick", "full"];

/** Variants that are timed of each problem. */
export const VARIANTS: Readonly<Record<Exclude<TuneMode, "off">, number>> = {
  quick: 6,
  full: Infinity,
};

/** How to tune a program. */
export interface TuneProgramOptions {
  /** How thoroughly. */
  readonly mode: Exclude<TuneMode, "off">;
  /**
   * Seconds that it may take, given the rate of the heuristic's kernels in
   * floating-point operations a second as soon as it is known.
   */
  limit(flopsPerSecond: number | undefined): number;
  /** Told how far tuning is. */
  onProgress?(progress: TuningProgress): void;
  /** Told of a cache that cannot be read or written. */
  onWarning?(message: string): void;
  /** The cache. @default {TuningCache.of} the device */
  readonly cache?: TuningCache;
}

/** A tuned program's problems and what is known of them. */
export interface TunedProgram extends TuningResult {
  /** The program's problems. */
  readonly problems: readonly TuningProblem[];
}

/**
 * Times the kernels of a program, as far as they are not known, and keeps what
 * was measured for later runs.
 *
 * @param gpu Device to measure on.
 * @param plan Plans the program with the choice that it is given.
 * @param options How thoroughly and how long.
 * @returns What is known of the program's problems.
 */
export async function tuneProgram(
  gpu: Gpu,
  plan: (choose: ChooseVariant) => unknown,
  options: TuneProgramOptions,
): Promise<TunedProgram> {
  const { mode, limit, onProgress, onWarning } = options;
  const cache = options.cache ?? await TuningCache.of(gpu);
  const known = await cache.read(onWarning);
  const problems = tuningProblems(plan);
  const result = await tune(gpu, problems, known, {
    variants: VARIANTS[mode],
    limit,
    ...(onProgress ? { onProgress } : {}),
  });
  const fresh = [...result.table].filter(([key, entry]) =>
    known.get(key) !== entry
  );
  await cache.add(new Map(fresh), onWarning);
  return { ...result, problems };
}
