import type { Gpu } from "../kernels/runtime/gpu.ts";
import { type KernelCase, otherCases, STREAM } from "./kernels/cases.ts";
import type { CaseGraph } from "./kernels/case_graph.ts";
import { oddMatmulCases, SQUARE_CASES } from "./kernels/matmul_cases.ts";
import { stepMatmulCases } from "./kernels/matmul_cases.ts";
import { squareRates } from "./kernels/square_rates.ts";
import { choicesOf, type Forced, timeGraph } from "./kernels/time_graph.ts";
import type { BenchArguments } from "./support/arguments.ts";
import type { Report } from "./support/report.ts";
import { SIZES } from "./support/sizes.ts";
import type { Summary } from "./support/statistics.ts";
import type { Column } from "../model/command/table.ts";

const COLUMNS: readonly Column[] = [
  { title: "kernel", align: "left" },
  { title: "shape", align: "left" },
  { title: "time", align: "right" },
  { title: "spread", align: "right" },
  { title: "GFLOP/s", align: "right" },
  { title: "of matmul", align: "right" },
  { title: "GB/s", align: "right" },
  { title: "of add", align: "right" },
  { title: "variant", align: "left" },
];

/** What everything else is compared with. */
interface Peaks {
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

/**
 * Times single kernels and prints their rates, as parts of the best product's
 * and of a long addition's.
 *
 * @param gpu Device to measure.
 * @param args Seconds a kernel, configurations, and whether all variants run.
 * @param report Where results go.
 */
export async function benchKernels(
  gpu: Gpu,
  { seconds, configs, variants, filter }: BenchArguments,
  report: Report,
): Promise<void> {
  const each = seconds ?? 1;
  const peaks = await peaksOf(gpu, each);
  report.line(
    `best product ${(peaks.flopsPerSecond / 1e9).toFixed(1)} GFLOP/s, ` +
      `addition ${(peaks.bytesPerSecond / 1e9).toFixed(1)} GB/s`,
  );
  const sizes = configs.length > 0 ? configs : ["S"];
  const cases = [
    ...SQUARE_CASES,
    STREAM,
    ...oddMatmulCases(),
    ...sizes.flatMap((name) => {
      const size = SIZES.get(name);
      return size ? stepMatmulCases(size, gpu.capabilities) : [];
    }),
    ...otherCases(),
  ].filter(({ name, shape }) => `${name} ${shape}`.includes(filter));
  const lines: string[][] = [];
  for (const kernel of cases) {
    const graph = await kernel.build(gpu);
    for (const { label, forced } of runsOf(gpu, graph, variants)) {
      const time = await timeGraph(gpu, graph, each, forced);
      lines.push(lineOf(kernel, graph, time, label, peaks, report));
    }
  }
  report.table(COLUMNS, lines);
}

async function peaksOf(gpu: Gpu, seconds: number): Promise<Peaks> {
  const [best] = await squareRates(gpu, seconds);
  const stream = await STREAM.build(gpu);
  const time = await timeGraph(gpu, stream, seconds);
  return {
    flopsPerSecond: best.rate,
    bytesPerSecond: stream.bytes / time.median,
  };
}

interface Run {
  readonly label: string;
  readonly forced: Forced;
}

/** The heuristic's choice, or every variant of every choice in turn. */
function runsOf(gpu: Gpu, graph: CaseGraph, variants: boolean): Run[] {
  const choices = choicesOf(gpu, graph);
  const chosen = choices.map(({ candidates }) => candidates[0]);
  if (!variants || choices.length === 0) {
    return [{ label: chosen.join(", "), forced: new Map() }];
  }
  return choices.flatMap(({ problem, candidates }, place) =>
    candidates
      // With several choices, the one where all are the heuristic's runs once.
      .filter((_, index) => index > 0 || place === 0)
      .map((name, index) => {
        const names = chosen.with(place, name);
        const mark = index === 0 && place === 0 ? " (chosen)" : "";
        return {
          label: names.join(", ") + mark,
          forced: new Map([[problem, name]]),
        };
      })
  );
}

function lineOf(
  kernel: KernelCase,
  graph: CaseGraph,
  time: Summary,
  variant: string,
  peaks: Peaks,
  report: Report,
): string[] {
  const flopsPerSecond = graph.flops / time.median;
  const bytesPerSecond = (kernel.bytes ?? graph.bytes) / time.median;
  report.add({
    kernel: kernel.name,
    shape: kernel.shape,
    variant,
    dtype: "f32",
    seconds: time.median,
    spread: time.spread,
    batches: time.count,
    flops_per_second: flopsPerSecond,
    share_of_matmul: flopsPerSecond / peaks.flopsPerSecond,
    bytes_per_second: bytesPerSecond,
    share_of_add: bytesPerSecond / peaks.bytesPerSecond,
  });
  return [
    kernel.name,
    kernel.shape,
    `${(time.median * 1000).toFixed(3)} ms`,
    percent(time.spread),
    (flopsPerSecond / 1e9).toFixed(1),
    percent(flopsPerSecond / peaks.flopsPerSecond),
    (bytesPerSecond / 1e9).toFixed(2),
    percent(bytesPerSecond / peaks.bytesPerSecond),
    variant,
  ];
}

function percent(part: number): string {
  return `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;
}
