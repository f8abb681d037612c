import process from "node:process";
import { Loader } from "../data/loader.ts";
import { Random } from "../data/random.ts";
import type { ShardOptions } from "../data/shard/shard.ts";
import { writeShards } from "../data/shard/shard_writer.ts";
import { TokenSource } from "../data/shard/token_source.ts";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import type { Column } from "../model/command/table.ts";
import { dropCache } from "./loader/drop_cache.ts";
import { ownMemory } from "./loader/own_memory.ts";
import { openSession } from "./step/open_session.ts";
import { stepRunner } from "./step/step_runner.ts";
import type { BenchArguments } from "./support/arguments.ts";
import { measure } from "./support/measure.ts";
import type { Report } from "./support/report.ts";
import { SIZES } from "./support/sizes.ts";
import { summarize } from "./support/statistics.ts";

/** Tokens of the corpus, and of one ten times larger. */
const TOKENS = [50_000_000, 500_000_000] as const;
/** Inputs of a batch in the measurements of rates. */
const BATCH_TOKENS = 8192;
const VOCABULARY = 50_257;

const RATE_COLUMNS: readonly Column[] = [
  { title: "tokens", align: "right" },
  { title: "T", align: "right" },
  { title: "read", align: "left" },
  { title: "first epoch", align: "right" },
  { title: "later", align: "right" },
  { title: "a CPU second", align: "right" },
  { title: "seconds", align: "right" },
  { title: "own memory", align: "right" },
];

const WAIT_COLUMNS: readonly Column[] = [
  { title: "disk", align: "left" },
  { title: "batches ahead", align: "right" },
  { title: "wait", align: "right" },
  { title: "longest", align: "right" },
  { title: "thread busy", align: "right" },
  { title: "longest", align: "right" },
];

/**
 * Measures the loader: bytes of tokens, as stored, that it delivers a second
 * from warm files; what ten times more data costs; how long a caller that does
 * something else between batches waits for one; and the share of a step.
 *
 * @param gpu Device for the step.
 * @param args Seconds of the step's measurement; which of the series rates,
 * waits and share.
 * @param report Where results go.
 */
export async function benchLoader(
  gpu: Gpu,
  { seconds, filter }: BenchArguments,
  report: Report,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const wants = (series: string) => series.includes(filter);
  try {
    const paths: string[] = [];
    // Only rates compare the two.
    for (const tokens of TOKENS.slice(0, wants("rates") ? 2 : 1)) {
      paths.push(await writeCorpus(folder, tokens));
    }
    // Where other programs run as well, times but the CPU's are longer.
    report.add({ load_average: Deno.loadavg()[0] });
    if (wants("rates")) rates(paths, report);
    if (wants("waits")) await waits(paths[0], report);
    if (wants("share")) await share(gpu, paths[0], seconds ?? 10, report);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes random tokens, the same million again and again. */
async function writeCorpus(folder: string, tokens: number): Promise<string> {
  const random = new Random("loader");
  const piece = Uint32Array.from(
    { length: 1_000_000 },
    () => random.integer(VOCABULARY),
  );
  const pieces = function* () {
    for (let at = 0; at < tokens; at += piece.length) {
      yield piece.subarray(0, tokens - at);
    }
  };
  const [{ path }] = await writeShards(pieces(), {
    folder,
    vocabSize: VOCABULARY,
    shardTokens: tokens,
    prefix: `tokens_${tokens}`,
  });
  return path;
}

function rates(paths: readonly string[], report: Report): void {
  const lines: string[][] = [];
  const times: number[] = [];
  for (
    const [path, length, mmap] of [
      [paths[0], 256, "auto"],
      [paths[0], 128, "auto"],
      [paths[0], 1024, "off"],
      [paths[0], 1024, "auto"],
      [paths[1], 1024, "auto"],
    ] as const
  ) {
    // The first pass brings the file into memory, and the code up to speed.
    epochSeconds(path, length, mmap, 1);
    const { first, later, cpu, tokens } = epochSeconds(path, length, mmap, 3);
    const memory = ownMemory();
    const rate = (time: number) => tokens * 2 / time;
    report.add({
      tokens,
      sequence_length: length,
      read: mmap === "auto" ? "mapped" : "plain",
      first_epoch_bytes_per_second: rate(first),
      bytes_per_second: rate(later),
      bytes_per_cpu_second: rate(cpu),
      epoch_seconds: later,
      own_memory_bytes: memory,
    });
    if (length === 1024 && mmap === "auto") times.push(cpu);
    lines.push([
      `${(tokens / 1e6).toFixed(0)} M`,
      String(length),
      mmap === "auto" ? "mapped" : "plain",
      `${(rate(first) / 1e9).toFixed(2)} GB/s`,
      `${(rate(later) / 1e9).toFixed(2)} GB/s`,
      `${(rate(cpu) / 1e9).toFixed(2)} GB`,
      later.toFixed(3),
      memory === null ? "" : `${(memory / 2 ** 20).toFixed(0)} MiB`,
    ]);
  }
  report.table(RATE_COLUMNS, lines);
  report.add({ cpu_of_ten_times_the_data: times[1] / times[0] });
  report.line(
    `ten times the data takes ${
      (times[1] / times[0]).toFixed(2)
    } times the CPU time\n`,
  );
}

/**
 * Seconds of the first epoch, and the median of the others, also without what
 * other programs took of the processor.
 */
function epochSeconds(
  path: string,
  sequenceLength: number,
  mmap: ShardOptions["mmap"],
  epochs: number,
): { first: number; later: number; cpu: number; tokens: number } {
  const source = TokenSource.open([path], { vocabSize: VOCABULARY, mmap });
  const loader = new Loader({ source, sequenceLength, seed: 1, keep: 1 });
  const rows = BATCH_TOKENS / sequenceLength;
  const batches = Math.floor(loader.sequencesPerEpoch / rows);
  const [taken, cpu]: [number[], number[]] = [[], []];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const start = performance.now();
    const before = process.cpuUsage();
    for (let i = 0; i < batches; i++) loader.next(rows);
    const { user, system } = process.cpuUsage(before);
    taken.push((performance.now() - start) / 1000);
    cpu.push((user + system) / 1e6);
  }
  source.close();
  const median = (values: number[]) =>
    summarize(values.length > 1 ? values.slice(1) : values).median;
  return {
    first: taken[0],
    later: median(taken),
    cpu: median(cpu),
    tokens: batches * BATCH_TOKENS,
  };
}

/** What a caller waits who does something else for some time in between. */
async function waits(path: string, report: Report): Promise<void> {
  const lines: string[][] = [];
  for (
    const [cold, ahead] of [[true, 0], [true, 1], [false, 0], [
      false,
      1,
    ]] as const
  ) {
    if (cold && !dropCache(path)) continue;
    const { wait, busy } = await waitsOf(path, ahead);
    const disk = cold ? "cold" : "warm";
    report.add({
      disk,
      ahead,
      wait_seconds: wait.median,
      longest_wait_seconds: wait.longest,
      busy_seconds: busy.median,
      longest_busy_seconds: busy.longest,
    });
    const micros = (seconds: number) => `${(seconds * 1e6).toFixed(0)} µs`;
    lines.push([
      disk,
      String(ahead),
      micros(wait.median),
      micros(wait.longest),
      micros(busy.median),
      micros(busy.longest),
    ]);
  }
  report.table(WAIT_COLUMNS, lines);
}

interface Times {
  readonly median: number;
  readonly longest: number;
}

/**
 * @param path Tokens.
 * @param ahead Batches that the loader has ready.
 * @returns Seconds inside the call, and of the thread in all.
 */
async function waitsOf(
  path: string,
  ahead: number,
): Promise<{ readonly wait: Times; readonly busy: Times }> {
  const source = TokenSource.open([path], { vocabSize: VOCABULARY });
  const loader = new Loader({
    source,
    sequenceLength: 1024,
    seed: 1,
    keep: 1,
    ahead,
  });
  const [wait, busy]: [number[], number[]] = [[], []];
  // So few that a cold file is still cold at the end.
  for (let i = 0; i < 60; i++) {
    const start = performance.now();
    loader.next(8);
    wait.push((performance.now() - start) / 1000);
    // What is read ahead is read before this goes on.
    await Promise.resolve();
    busy.push((performance.now() - start) / 1000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  source.close();
  const timesOf = (all: readonly number[]): Times => {
    // The first batches are nobody's to read ahead, and run cold code.
    const steady = all.slice(10);
    return { median: summarize(steady).median, longest: Math.max(...steady) };
  };
  return { wait: timesOf(wait), busy: timesOf(busy) };
}

/** The loader's part of a training step's time. */
async function share(
  gpu: Gpu,
  path: string,
  seconds: number,
  report: Report,
): Promise<void> {
  const size = SIZES.get("S");
  if (size === undefined) return;
  const session = await openSession(gpu, size);
  const { run } = stepRunner(session, size);
  const step = await measure(run, { seconds, turnSeconds: 0.5 });
  session.close();
  const source = TokenSource.open([path], { vocabSize: VOCABULARY });
  const loader = new Loader({
    source,
    sequenceLength: size.context,
    seed: 1,
    keep: 1,
  });
  const next = await measure((times) => {
    for (let i = 0; i < times; i++) loader.next(size.batch);
    return Promise.resolve();
  }, { seconds: 1 });
  source.close();
  report.add({
    config: "S",
    step_seconds: step.median,
    loader_seconds: next.median,
    loader_share: next.median / step.median,
  });
  report.line(
    `S: a batch takes ${(next.median * 1e6).toFixed(1)} µs of a step of ${
      (step.median * 1e3).toFixed(1)
    } ms: ${(100 * next.median / step.median).toFixed(4)} %`,
  );
}
