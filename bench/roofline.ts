import type { Gpu } from "../kernels/runtime/gpu.ts";
import { trainingFlopsPerToken } from "../model/budget/training_flops.ts";
import {
  DEVICE_PRESETS,
  type DevicePreset,
} from "../model/budget/device_presets.ts";
import { runDefaults } from "./support/run_defaults.ts";
import { TrainingSession } from "../model/train/training_session.ts";
import { type NodeCost, nodeCosts } from "./roofline/node_costs.ts";
import { STEP_PHASES } from "./step/kind_shares.ts";
import type { BenchArguments } from "./support/arguments.ts";
import type { Report } from "./support/report.ts";
import { type BenchSize, configOf, modelOf, SIZES } from "./support/sizes.ts";
import type { Column } from "../model/command/table.ts";

const COLUMNS: readonly Column[] = [
  { title: "share", align: "right" },
  { title: "time", align: "right" },
  { title: "launches", align: "right" },
  { title: "GFLOP", align: "right" },
  { title: "MB", align: "right" },
  { title: "MB by tiles", align: "right" },
  { title: "bound by", align: "left" },
  { title: "kind of node", align: "left" },
];

/** Sequences of a micro-batch that fill a GPU without filling its memory. */
const BATCH: ReadonlyMap<string, number> = new Map([
  ["S", 64],
  ["M", 32],
  ["gpt2-124m", 16],
]);

/**
 * Predicts from data sheets where GPUs that are not present would spend a
 * training step. The plans are the real ones, made for the limits and features
 * of those GPUs, so their kernels are those that the heuristic takes there.
 *
 * @param _gpu Not used.
 * @param args Configurations, and what the devices' names contain.
 * @param report Where results go.
 */
export function benchRoofline(
  _gpu: Gpu,
  { configs, filter }: BenchArguments,
  report: Report,
): Promise<void> {
  for (const name of configs.length > 0 ? configs : ["gpt2-124m"]) {
    const known = SIZES.get(name);
    if (!known) continue;
    const size = { ...known, batch: BATCH.get(name) ?? known.batch };
    for (const device of DEVICE_PRESETS.values()) {
      if (!device.name.includes(filter)) continue;
      reportDevice(size, device, report);
    }
  }
  return Promise.resolve();
}

function reportDevice(
  size: BenchSize,
  device: DevicePreset,
  report: Report,
): void {
  const { optimizer, memory } = runDefaults();
  const plan = TrainingSession.plan(device.capabilities, {
    config: configOf(size),
    shape: { ...size, accumulates: false },
    optimizer,
    memory,
    samples: false,
  }, (_key, [heuristic]) => heuristic);
  const launches = STEP_PHASES.flatMap((phase) => plan.phases.get(phase) ?? []);
  const costs = nodeCosts(launches, device);
  const seconds = sum(costs, (cost) => cost.seconds);
  const tokens = size.batch * size.context;
  const flops = tokens * trainingFlopsPerToken(
    modelOf(size, device.capabilities.limits.maxBufferSize),
    size.context,
  );
  const kinds = [...Map.groupBy(costs, ({ kind }) => kind)]
    .map(([kind, nodes]) => ({ kind, nodes }))
    .sort((a, b) => total(b.nodes) - total(a.nodes));
  const share = flops / seconds / device.flopsPerSecond;
  report.add({
    config: size.name,
    device: device.name,
    batch: size.batch,
    context: size.context,
    predicted_seconds: seconds,
    predicted_tokens_per_second: tokens / seconds,
    predicted_share_of_peak: share,
    plan_bytes: plan.peakBytes,
    kinds: kinds.map(({ kind, nodes }) => ({
      kind,
      launches: sum(nodes, (node) => node.launches),
      seconds: total(nodes),
      flops: sum(nodes, (node) => node.flops),
      bytes: sum(nodes, (node) => node.bytes),
      traffic: sum(nodes, (node) => node.traffic),
      bound: boundOf(nodes),
    })),
  });
  report.line(
    `${device.name}, ${size.name}, batch ${size.batch}, T ${size.context}: ` +
      `${(seconds * 1000).toFixed(1)} ms a step, ` +
      `${(tokens / seconds).toFixed(0)} tokens/s, ` +
      `${(100 * share).toFixed(0)} % of the f32 peak (predicted)`,
  );
  report.table(
    COLUMNS,
    kinds.map(({ kind, nodes }) => [
      `${(100 * total(nodes) / seconds).toFixed(1)} %`,
      `${(total(nodes) * 1000).toFixed(2)} ms`,
      String(sum(nodes, (node) => node.launches)),
      (sum(nodes, (node) => node.flops) / 1e9).toFixed(1),
      (sum(nodes, (node) => node.bytes) / 1e6).toFixed(0),
      (sum(nodes, (node) => node.traffic) / 1e6).toFixed(0),
      boundOf(nodes),
      kind,
    ]),
  );
}

/** What bounds most of the time of nodes. */
function boundOf(nodes: readonly NodeCost[]): string {
  const [[bound]] = [...Map.groupBy(nodes, (node) => node.bound)]
    .sort(([, a], [, b]) => total(b) - total(a));
  return bound;
}

function total(nodes: readonly NodeCost[]): number {
  return sum(nodes, (node) => node.seconds);
}

function sum<Item>(
  items: readonly Item[],
  of: (item: Item) => number,
): number {
  return items.reduce((all, item) => all + of(item), 0);
}
