import type { Gpu } from "../kernels/runtime/gpu.ts";
import { type BestProduct, bestProduct } from "./kernels/best_product.ts";
import { type KernelCase, otherCases, STREAM } from "./kernels/cases.ts";
import type { CaseGraph } from "./kernels/case_graph.ts";
import { oddMatmulCases, SQUARE_CASES } from "./kernels/matmul_cases.ts";
import { stepMatmulCases } from "./kernels/matmul_cases.ts";
import {
  choicesOf,
  type Forced,
  graphRuns,
  prepareGraph,
} from "./kernels/prepare_graph.ts";
import type { BenchArguments } from "./support/arguments.ts";
import { inTurn, type TimedRun, type TurnTimes } from "./support/in_turn.ts";
import type { Report } from "./support/report.ts";
import { SIZES } from "./support/sizes.ts";
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

/** What everything else is compared with, turn by turn. */
interface Peaks {
  readonly product: BestProduct;
  readonly stream: { readonly bytes: number; readonly run: TimedRun };
}

/**
 * Times single kernels and prints their rates, as parts of the best product's
 * and of a long addition's, which run in turn with them.
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
  const each = seconds ?? 2;
  const addition = await STREAM.build(gpu);
  const stream = await prepareGraph(gpu, addition);
  const peaks: Peaks = {
    product: await bestProduct(gpu, each / 2),
    stream: { bytes: addition.bytes, run: graphRuns(stream) },
  };
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
      const program = await prepareGraph(gpu, graph, forced);
      const times = await inTurn(
        [graphRuns(program), peaks.product.run, peaks.stream.run],
        { seconds: each },
      );
      program.destroy();
      lines.push(lineOf(kernel, graph, times, label, peaks, report));
    }
  }
  peaks.product.close();
  stream.destroy();
  report.table(COLUMNS, lines);
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
  [{ time }, product, stream]: readonly TurnTimes[],
  variant: string,
  peaks: Peaks,
  report: Report,
): string[] {
  const bytes = kernel.bytes ?? graph.bytes;
  const flopsPerSecond = graph.flops / time.median;
  const bytesPerSecond = bytes / time.median;
  const shareOfProduct = graph.flops / peaks.product.flops *
    product.ofFirst.median;
  const shareOfStream = bytes / peaks.stream.bytes * stream.ofFirst.median;
  report.add({
    kernel: kernel.name,
    shape: kernel.shape,
    variant,
    dtype: "f32",
    seconds: time.median,
    spread: time.spread,
    batches: time.count,
    flops_per_second: flopsPerSecond,
    share_of_matmul: shareOfProduct,
    bytes_per_second: bytesPerSecond,
    share_of_add: shareOfStream,
  });
  return [
    kernel.name,
    kernel.shape,
    `${(time.median * 1000).toFixed(3)} ms`,
    percent(time.spread),
    (flopsPerSecond / 1e9).toFixed(1),
    percent(shareOfProduct),
    (bytesPerSecond / 1e9).toFixed(2),
    percent(shareOfStream),
    variant,
  ];
}

function percent(part: number): string {
  return `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;
}
