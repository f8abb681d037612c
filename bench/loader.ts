import { Loader, type LoaderOptions } from "../data/loader.ts";
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
const TOKENS = [20_000_000, 200_000_000] as const;
/** Inputs of a batch in the measurements of rates. */
const BATCH_TOKENS = 8192;
const VOCABULARY = 50_257;

const RATE_COLUMNS: readonly Column[] = [
  { title: "tokens", align: "right" },
  { title: "T", align: "right" },
  { title: "read", align: "left" },
  { title: "first epoch", align: "right" },
  { title: "later", align: "right" },
  { title: "seconds", align: "right" },
  { title: "own memory", align: "right" },
];

const WAIT_COLUMNS: readonly Column[] = [
  { title: "disk", align: "left" },
  { title: "batches ahead", align: "right" },
  { title: "median wait", align: "right" },
  { title: "longest", align: "right" },
];

/**
 * Measures the loader: bytes of tokens, as stored, that it delivers a second
 * from warm files; what ten times more data costs; how long a caller that does
 * something else between batches waits for one; and the share of a step.
 *
 * @param gpu Device for the step.
 * @param args Seconds of the step's measurement.
 * @param report Where results go.
 */
export async function benchLoader(
  gpu: Gpu,
  { seconds }: BenchArguments,
  report: Report,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const paths: string[] = [];
    for (const tokens of TOKENS) paths.push(await writeCorpus(folder, tokens));
    rates(paths, report);
    await waits(paths[0], report);
    await share(gpu, paths[0], seconds ?? 10, report);
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
      [paths[1], 256, "auto"],
      [paths[1], 128, "auto"],
      [paths[1], 1024, "off"],
      [paths[0], 1024, "auto"],
      [paths[1], 1024, "auto"],
    ] as const
  ) {
    // The first pass brings the file into memory, and the code up to speed.
    epochSeconds(path, length, mmap, 1);
    const { first, later, tokens } = epochSeconds(path, length, mmap, 4);
    const memory = ownMemory();
    const rate = (time: number) => tokens * 2 / time;
    report.add({
      tokens,
      sequence_length: length,
      read: mmap === "auto" ? "mapped" : "plain",
      first_epoch_bytes_per_second: rate(first),
      bytes_per_second: rate(later),
      epoch_seconds: later,
      own_memory_bytes: memory,
    });
    if (length === 1024 && mmap === "auto") times.push(later);
    lines.push([
      `${(tokens / 1e6).toFixed(0)} M`,
      String(length),
      mmap === "auto" ? "mapped" : "plain",
      `${(rate(first) / 1e9).toFixed(2)} GB/s`,
      `${(rate(later) / 1e9).toFixed(2)} GB/s`,
      later.toFixed(3),
      memory === null ? "" : `${(memory / 2 ** 20).toFixed(0)} MiB`,
    ]);
  }
  report.table(RATE_COLUMNS, lines);
  report.add({ ten_times_the_data: times[1] / times[0] });
  report.line(
    `ten times the data takes ${
      (times[1] / times[0]).toFixed(2)
    } times as long\n`,
  );
}

/** Seconds of the first epoch, and the median of the others. */
function epochSeconds(
  path: string,
  sequenceLength: number,
  mmap: ShardOptions["mmap"],
  epochs: number,
): { first: number; later: number; tokens: number } {
  const source = TokenSource.open([path], { vocabSize: VOCABULARY, mmap });
  const loader = new Loader({ source, sequenceLength, seed: 1, keep: 1 });
  const rows = BATCH_TOKENS / sequenceLength;
  const batches = Math.floor(loader.sequencesPerEpoch / rows);
  const taken: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const start = performance.now();
    for (let i = 0; i < batches; i++) loader.next(rows);
    taken.push((performance.now() - start) / 1000);
  }
  source.close();
  return {
    first: taken[0],
    later: summarize(taken.slice(1).concat(epochs === 1 ? taken : [])).median,
    tokens: batches * BATCH_TOKENS,
  };
}

/** What a caller waits who does something else for some time in between. */
async function waits(path: string, report: Report): Promise<void> {
  const lines: string[][] = [];
  for (const cold of [true, false]) {
    for (const ahead of [0, 1]) {
      if (cold && !dropCache(path)) continue;
      const found = await waitsOf(path, { ahead });
      const disk = cold ? "cold" : "warm";
      report.add({
        disk,
        ahead,
        wait_seconds: found.median,
        longest_seconds: found.longest,
      });
      lines.push([
        disk,
        String(ahead),
        `${(found.median * 1e6).toFixed(0)} µs`,
        `${(found.longest * 1e6).toFixed(0)} µs`,
      ]);
    }
  }
  report.table(WAIT_COLUMNS, lines);
}

async function waitsOf(
  path: string,
  options: Pick<LoaderOptions, "ahead">,
): Promise<{ median: number; longest: number }> {
  const source = TokenSource.open([path], { vocabSize: VOCABULARY });
  const loader = new Loader({
    source,
    sequenceLength: 1024,
    seed: 1,
    keep: 1,
    ...options,
  });
  const taken: number[] = [];
  for (let i = 0; i < 300; i++) {
    const start = performance.now();
    loader.next(8);
    taken.push((performance.now() - start) / 1000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  source.close();
  // The first batches are nobody's to read ahead, and run cold code.
  const steady = taken.slice(20);
  return { median: summarize(steady).median, longest: Math.max(...steady) };
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
  const step = await measure(run, { seconds, batchSeconds: 0.5 });
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
