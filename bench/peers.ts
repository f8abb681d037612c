import type { Gpu } from "../kernels/runtime/gpu.ts";
import { OURS, type Peer, PEERS } from "./peers/catalog.ts";
import { compare } from "./peers/compare.ts";
import { PeerError, PeerProcess } from "./peers/peer_process.ts";
import { type PeerTask, workOf } from "./peers/task.ts";
import { type BenchArguments, MATMUL } from "./support/arguments.ts";
import type { Report, ResultRow } from "./support/report.ts";
import { SIZES } from "./support/sizes.ts";
import type { Column } from "../model/command/table.ts";

const COLUMNS: readonly Column[] = [
  { title: "config", align: "left" },
  { title: "peer", align: "left" },
  { title: "version", align: "left" },
  { title: "minnow", align: "right" },
  { title: "peer", align: "right" },
  { title: "minnow : peer", align: "right" },
  { title: "spread", align: "right" },
  { title: "first loss", align: "right" },
  { title: "", align: "left" },
];

/**
 * Trains the same models with minnow and with other trainers, in turn. What a
 * peer cannot do, or dies of, is a line of the table.
 *
 * @param _gpu Not used: each trainer runs in a process of its own.
 * @param args Configurations, seconds a comparison, and which peers.
 * @param report Where results go.
 */
export async function benchPeers(
  _gpu: Gpu,
  args: BenchArguments,
  report: Report,
): Promise<void> {
  const peers = PEERS.filter(({ name }) => name.includes(args.filter));
  const lines: string[][] = [];
  for (const task of tasksOf(args.configs)) {
    const folder = await Deno.makeTempDir({ prefix: "bench-peers-" });
    try {
      for (const peer of peers) {
        const row = await rowOf(peer, task, folder, args);
        report.add(row);
        lines.push(lineOf(row));
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  report.table(COLUMNS, lines);
}

function tasksOf(configs: readonly string[]): PeerTask[] {
  if (configs.length === 0) return tasksOf([MATMUL, "S", "M"]);
  return configs.flatMap((name): PeerTask[] => {
    const size = SIZES.get(name);
    if (size) return [{ kind: "train", size }];
    return [512, 1024].map((side) => ({ kind: "matmul", side }));
  });
}

async function start(
  peer: Peer,
  task: PeerTask,
  folder: string,
  { llmc }: BenchArguments,
): Promise<PeerProcess> {
  const command = await peer.command(task, folder, llmc);
  if (typeof command === "string") throw new PeerError(command);
  return await PeerProcess.start(peer.name, command);
}

async function rowOf(
  peer: Peer,
  task: PeerTask,
  folder: string,
  args: BenchArguments,
): Promise<ResultRow> {
  const { name: config, ...work } = workOf(task);
  const what = { config, peer: peer.name, dtype: "f32" };
  let ours: PeerProcess | undefined;
  let other: PeerProcess | undefined;
  try {
    other = await start(peer, task, folder, args);
    ours = await start(OURS, task, folder, args);
    return {
      ...what,
      ...await compare(ours, other, work, args.seconds ?? 10),
      ...(task.kind === "train"
        ? {
          ours_first_loss: ours.ready.first,
          peer_first_loss: other.ready.first,
        }
        : {}),
    };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    return { ...what, failure: error.message };
  } finally {
    await Promise.all([ours?.close(), other?.close()]);
  }
}

function lineOf(row: ResultRow): string[] {
  const number = (key: string, format: (value: number) => string) => {
    const value = row[key];
    return typeof value === "number" ? format(value) : "";
  };
  const rate = (who: string) =>
    number(`${who}_tokens_per_second`, (value) => `${value.toFixed(0)} tok/s`) +
    number(
      `${who}_flops_per_second`,
      (value) => `${(value / 1e9).toFixed(1)} GFLOP/s`,
    );
  return [
    String(row.config),
    String(row.peer),
    String(row.version ?? ""),
    rate("ours"),
    rate("peer"),
    number("ratio", (value) => value.toFixed(2)),
    number("spread", (value) => `${(100 * value).toFixed(0)} %`),
    number("peer_first_loss", (value) => value.toFixed(3)),
    String(row.failure ?? ""),
  ];
}
