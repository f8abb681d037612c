import type { Gpu } from "../kernels/runtime/gpu.ts";
import { trainingFlopsPerToken } from "../model/budget/training_flops.ts";
import { bestProduct } from "./kernels/best_product.ts";
import { hostSeconds } from "./step/host_seconds.ts";
import { type KindShare, kindShares } from "./step/kind_shares.ts";
import { openSession } from "./step/open_session.ts";
import { stepRunner } from "./step/step_runner.ts";
import type { BenchArguments } from "./support/arguments.ts";
import { inTurn } from "./support/in_turn.ts";
import { clocked } from "./support/measure.ts";
import type { Report } from "./support/report.ts";
import { SIZES } from "./support/sizes.ts";
import type { Column } from "../model/command/table.ts";

const COLUMNS: readonly Column[] = [
  { title: "config", align: "left" },
  { title: "time", align: "right" },
  { title: "spread", align: "right" },
  { title: "tokens/s", align: "right" },
  { title: "GFLOP/s", align: "right" },
  { title: "of matmul", align: "right" },
  { title: "host", align: "right" },
  { title: "memory", align: "right" },
  { title: "first loss", align: "right" },
];

const KIND_COLUMNS: readonly Column[] = [
  { title: "share", align: "right" },
  { title: "launches", align: "right" },
  { title: "GFLOP/s", align: "right" },
  { title: "kind of node", align: "left" },
];

/**
 * Times whole training steps, optimizer included, and shows where their time
 * goes.
 *
 * @param gpu Device to measure.
 * @param args Seconds a configuration, and the configurations.
 * @param report Where results go.
 */
export async function benchStep(
  gpu: Gpu,
  { seconds, configs }: BenchArguments,
  report: Report,
): Promise<void> {
  const lines: string[][] = [];
  for (const name of configs.length > 0 ? configs : ["S", "M"]) {
    const size = SIZES.get(name);
    if (!size) continue;
    const product = await bestProduct(gpu, 0.5);
    const session = await openSession(gpu, size);
    const { run, losses } = stepRunner(session, size);
    const [{ time: step }, best] = await inTurn(
      [clocked(run), product.run],
      { seconds: seconds ?? 20, turnSeconds: 0.5 },
    );
    const host = await hostSeconds(session, size);
    const { peakBytes } = session.executable.plan;
    const flops = trainingFlopsPerToken(session.model, size.context);
    session.close();
    product.close();
    const share = flops * size.batch * size.context / product.flops *
      best.ofFirst.median;
    const shares = await kindShares(gpu, size);
    const tokensPerSecond = size.batch * size.context / step.median;
    const flopsPerSecond = tokensPerSecond * flops;
    report.add({
      config: name,
      dtype: "f32",
      seconds: step.median,
      spread: step.spread,
      batches: step.count,
      tokens_per_second: tokensPerSecond,
      flops_per_token: flops,
      flops_per_second: flopsPerSecond,
      matmul_flops_per_second: product.flops / best.time.median,
      share_of_matmul: share,
      host_seconds: host.median,
      host_share: host.median / step.median,
      peak_bytes: peakBytes,
      first_loss: losses[0],
      last_loss: losses[losses.length - 1],
      kinds: shares,
    });
    lines.push([
      name,
      `${(step.median * 1000).toFixed(1)} ms`,
      percent(step.spread),
      tokensPerSecond.toFixed(0),
      (flopsPerSecond / 1e9).toFixed(2),
      percent(share),
      percent(host.median / step.median),
      `${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
      losses[0].toFixed(3),
    ]);
    report.line(`${name}, by kind of node:`);
    report.table(KIND_COLUMNS, shares.map(kindLine));
  }
  report.table(COLUMNS, lines);
}

function kindLine(
  { kind, launches, share, flopsPerSecond }: KindShare,
): string[] {
  return [
    percent(share),
    launches.toFixed(0),
    (flopsPerSecond / 1e9).toFixed(2),
    kind,
  ];
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
