import type { Gpu } from "../kernels/runtime/gpu.ts";
import { trainingFlopsPerToken } from "../model/budget/training_flops.ts";
import { fitTime } from "./scaling/time_model.ts";
import { openSession } from "./step/open_session.ts";
import { stepRunner } from "./step/step_runner.ts";
import type { BenchArguments } from "./support/arguments.ts";
import { measure } from "./support/measure.ts";
import type { Report } from "./support/report.ts";
import type { BenchSize } from "./support/sizes.ts";
import type { Column } from "../model/command/table.ts";

const COLUMNS: readonly Column[] = [
  { title: "series", align: "left" },
  { title: "batch", align: "right" },
  { title: "width", align: "right" },
  { title: "T", align: "right" },
  { title: "time", align: "right" },
  { title: "tokens/s", align: "right" },
  { title: "GFLOP/s", align: "right" },
  { title: "of model", align: "right" },
  { title: "memory", align: "right" },
];

/** Width of an attention head in all series. */
const HEAD_DIM = 32;

/** What grows in a series, and what it grows to. */
const SERIES: ReadonlyMap<string, readonly BenchSize[]> = new Map([
  [
    "batch",
    [1, 2, 4, 8, 16, 32].map((batch) => sizeOf({ batch })),
  ],
  [
    "width",
    [64, 128, 256, 512, 1024].map((width) => sizeOf({ width, batch: 2 })),
  ],
  [
    "context",
    [64, 128, 256, 512, 1024, 2048].map((context) =>
      sizeOf({ context, batch: 2048 / context })
    ),
  ],
]);

function sizeOf(
  { batch = 8, width = 128, context = 128 }: {
    readonly batch?: number;
    readonly width?: number;
    readonly context?: number;
  },
): BenchSize {
  return {
    name: `batch ${batch}, width ${width}, T ${context}`,
    layers: 4,
    heads: width / HEAD_DIM,
    vocabulary: 2048,
    batch,
    width,
    context,
  };
}

/**
 * Times training steps while the batch, the width or the context grows, each
 * against a constant plus the floating-point operations at one rate, fitted to
 * its series: a cliff shows as a ratio far above one.
 *
 * @param gpu Device to measure.
 * @param args Seconds a size, and which series.
 * @param report Where results go.
 */
export async function benchScaling(
  gpu: Gpu,
  { seconds, filter }: BenchArguments,
  report: Report,
): Promise<void> {
  const lines: string[][] = [];
  for (const [series, sizes] of SERIES) {
    if (!series.includes(filter)) continue;
    const timed = [];
    for (const size of sizes) {
      timed.push({ size, ...await timeSteps(gpu, size, seconds ?? 2) });
    }
    const { overhead, perFlop } = fitTime(timed);
    for (const { size, seconds: taken, flops, peakBytes } of timed) {
      const { batch, width, context } = size;
      const ratio = taken / (overhead + flops * perFlop);
      report.add({
        series,
        batch,
        width,
        context,
        seconds: taken,
        tokens_per_second: batch * context / taken,
        flops_per_second: flops / taken,
        time_by_model: ratio,
        peak_bytes: peakBytes,
      });
      lines.push([
        series,
        String(batch),
        String(width),
        String(context),
        `${(taken * 1000).toFixed(1)} ms`,
        (batch * context / taken).toFixed(0),
        (flops / taken / 1e9).toFixed(1),
        ratio.toFixed(2),
        `${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
      ]);
    }
  }
  report.table(COLUMNS, lines);
}

async function timeSteps(
  gpu: Gpu,
  size: BenchSize,
  seconds: number,
): Promise<
  {
    readonly seconds: number;
    readonly flops: number;
    readonly peakBytes: number;
  }
> {
  const session = await openSession(gpu, size);
  try {
    const { run } = stepRunner(session, size);
    const { median } = await measure(run, { seconds });
    const perToken = trainingFlopsPerToken(session.model, size.context);
    return {
      seconds: median,
      flops: perToken * size.batch * size.context,
      peakBytes: session.executable.plan.peakBytes,
    };
  } finally {
    session.close();
  }
}
