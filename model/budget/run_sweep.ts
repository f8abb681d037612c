import { join } from "@std/path";
import { removeIfThere } from "../../data/remove_if_there.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import type { TuningProgress } from "../../kernels/tune/tuner.ts";
import { train } from "../train/trainer.ts";
import { digestOf, type SweepFolder } from "./sweep_folder.ts";
import type { SweepPoint } from "./sweep_plan.ts";
import type { SweepResult } from "./sweep_result.ts";

/** What a sweep tells while it runs. */
export type SweepEvent =
  | {
    /** A run goes on. */
    readonly type: "progress";
    /** The run. */
    readonly point: SweepPoint;
    /** Runs finished before it. */
    readonly finished: number;
    /** Runs in all. */
    readonly total: number;
    /** Share of all arithmetic that is done, from 0 to 1. */
    readonly share: number;
    /** Loss of the latest step; null before the first. */
    readonly trainLoss: number | null;
    /** Seconds until all runs are finished, by the speed so far. */
    readonly secondsLeft: number;
  }
  | {
    /** A run is finished. */
    readonly type: "point";
    /** What came out. */
    readonly result: SweepResult;
  }
  | {
    /** Something worth a line. */
    readonly type: "notice";
    /** The line. */
    readonly message: string;
  };

/** What a sweep runs with. */
export interface SweepOptions {
  /** Where results go. */
  readonly folder: SweepFolder;
  /** Its runs. */
  readonly points: readonly SweepPoint[];
  /** Different tokens that there are to learn from. */
  readonly uniqueTokens: number;
  /** The device. */
  readonly gpu: Gpu;
  /** Ends the sweep after the step under way when it is aborted. */
  readonly signal?: AbortSignal;
  /** Told of the timing of kernels. */
  readonly onTuneProgress?: (progress: TuningProgress) => void;
}

/**
 * Trains the runs of a sweep that are not finished, each an ordinary run on
 * tokens that were made once, and keeps each result at once. Only numbers stay
 * of a run, not its weights.
 *
 * @param options What to train and where.
 * @returns Events in the order in which they happen; it ends early only when
 * its signal is aborted.
 * @throws {DeviceError} if the device fails.
 */
export async function* runSweep(
  options: SweepOptions,
): AsyncGenerator<SweepEvent, void, void> {
  const { folder, points, signal } = options;
  const open = points.filter((point) =>
    !folder.has(point, options.uniqueTokens)
  );
  const clock = new SweepClock(points, open);
  for (const point of open) {
    if (signal?.aborted) return;
    const finished = points.length - open.length + open.indexOf(point);
    let trainLoss: number | null = null;
    let loss: number | null = null;
    let bitsPerByte: number | null = null;
    const out = join(folder.path, "points", point.name);
    // Left by a sweep that was interrupted in the middle of this run.
    await removeIfThere(out);
    const started = performance.now();
    const progress = (share: number): SweepEvent => ({
      type: "progress",
      point,
      finished,
      total: points.length,
      trainLoss,
      ...clock.at(point, share, (performance.now() - started) / 1000),
    });
    yield progress(0);
    const events = train({
      config: point.config,
      out,
      gpu: options.gpu,
      ...(signal ? { signal } : {}),
      ...(options.onTuneProgress
        ? { onTuneProgress: options.onTuneProgress }
        : {}),
    });
    let skipped = 0;
    for await (const event of events) {
      if (event.type === "step") {
        trainLoss = event.trainLoss;
        if (event.skipped) skipped++;
        yield progress(event.step / point.steps);
      }
      if (event.type === "evaluated") {
        loss = event.validationLoss;
        bitsPerByte = event.bitsPerByte;
      }
    }
    if (signal?.aborted) return;
    const seconds = (performance.now() - started) / 1000;
    clock.finish(point, seconds);
    await removeIfThere(join(out, "checkpoints"));
    if (loss === null || !Number.isFinite(loss)) {
      yield {
        type: "notice",
        message: `${point.name} has no loss that counts (${loss}); a resumed ` +
          "sweep tries it again",
      };
      continue;
    }
    if (skipped > 0) {
      yield {
        type: "notice",
        message: `${point.name}: ${skipped} steps changed nothing, their ` +
          "gradients being no numbers",
      };
    }
    const result = resultOf(point, {
      loss,
      bits_per_byte: bitsPerByte,
      unique_tokens: options.uniqueTokens,
      seconds,
    });
    await folder.add(result);
    yield { type: "point", result };
  }
}

function resultOf(
  point: SweepPoint,
  measured: Pick<
    SweepResult,
    "loss" | "bits_per_byte" | "unique_tokens" | "seconds"
  >,
): SweepResult {
  const { shape, config } = point;
  return {
    name: point.name,
    budget: point.budget,
    flops: point.flops,
    parameters: shape.parameters,
    layers: shape.layers,
    width: shape.width,
    tokens: point.tokens,
    steps: point.steps,
    sequences: config.train.batch * config.train.accumulation,
    learning_rate: point.learningRate,
    predicted_loss: point.predictedLoss,
    chosen: point.chosen,
    run: digestOf(config),
    ...measured,
  };
}

/** Guesses the time left: of each run by the speed of the one most like it. */
class SweepClock {
  readonly #open: readonly SweepPoint[];
  readonly #total: number;
  readonly #speeds = new Map<SweepPoint, number>();

  constructor(all: readonly SweepPoint[], open: readonly SweepPoint[]) {
    this.#open = open;
    this.#total = all.reduce((sum, { flops }) => sum + flops, 0);
  }

  /** How far the sweep is while a run is under way. */
  at(
    point: SweepPoint,
    share: number,
    seconds: number,
  ): { share: number; secondsLeft: number } {
    if (share > 0) this.#speeds.set(point, share * point.flops / seconds);
    const index = this.#open.indexOf(point);
    const after = this.#open.slice(index + 1);
    const rest = after.reduce((sum, { flops }) => sum + flops, 0) +
      (1 - share) * point.flops;
    const secondsLeft = after.reduce(
      (sum, next) => sum + next.flops / this.#speedOf(next),
      (1 - share) * point.flops / this.#speedOf(point),
    );
    return { share: 1 - rest / this.#total, secondsLeft };
  }

  /** The whole time of a finished run, its start included. */
  finish(point: SweepPoint, seconds: number): void {
    this.#speeds.set(point, point.flops / seconds);
  }

  #speedOf({ shape }: SweepPoint): number {
    let nearest = Infinity;
    let speed = 0;
    for (const [known, rate] of this.#speeds) {
      const distance = Math.abs(
        Math.log(known.shape.flopsPerToken / shape.flopsPerToken),
      );
      // The latest of equally near ones.
      if (distance <= nearest) [nearest, speed] = [distance, rate];
    }
    return speed;
  }
}
