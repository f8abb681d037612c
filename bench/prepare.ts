import { join } from "@std/path";
import { formatBytes, formatDuration } from "../data/format.ts";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import type { Column } from "../model/command/table.ts";
import { type WatchedRun, watchMinnow } from "./prepare/watch_minnow.ts";
import { writeText } from "./prepare/write_text.ts";
import type { BenchArguments } from "./support/arguments.ts";
import type { Report } from "./support/report.ts";

/** Sizes of the text by name. */
const SIZES: Readonly<Record<string, number>> = {
  "20MB": 20e6,
  "200MB": 200e6,
  "2GB": 2e9,
};

/** A rewriting step, a rule, and a step that sees the whole corpus. */
const STEPS = ["normalize", "gopher_quality", "exact_duplicates"];

const COLUMNS: readonly Column[] = [
  { title: "text", align: "left" },
  { title: "run", align: "left" },
  { title: "time", align: "right" },
  { title: "per second", align: "right" },
  { title: "peak memory", align: "right" },
  { title: "outcome", align: "left" },
];

/**
 * Curates generated text of growing size in processes of their own: how long it
 * takes, how much memory, and whether a run that is killed half-way ends with
 * the files of one that is not.
 *
 * @param _gpu Not used.
 * @param args `filter`: which sizes.
 * @param report Where results go.
 */
export async function benchPrepare(
  _gpu: Gpu,
  { filter }: BenchArguments,
  report: Report,
): Promise<void> {
  const rows: string[][] = [];
  for (const [name, bytes] of Object.entries(SIZES)) {
    if (!name.includes(filter)) continue;
    const folder = await Deno.makeTempDir({ prefix: "bench-prepare-" });
    try {
      const documents = await writeText(join(folder, "text.jsonl"), bytes, 1);
      const note = (run: string, outcome: WatchedRun, said: string) => {
        const { seconds, peakBytes } = outcome;
        report.add({ text: name, bytes, documents, run, seconds, peakBytes });
        rows.push([
          name,
          run,
          formatDuration(seconds),
          `${formatBytes(bytes / seconds)}/s`,
          formatBytes(peakBytes),
          said,
        ]);
      };
      const whole = await prepare(folder, "whole");
      if (whole.code !== 0) throw new Error(`data prepare failed on ${name}`);
      note("whole", whole, "done");
      const killed = await prepare(
        folder,
        "resumed",
        (seconds) => seconds > whole.seconds / 2,
      );
      note("killed half-way", killed, `exit code ${killed.code}`);
      const resumed = await prepare(folder, "resumed");
      const same = await sameTokens(folder, "whole", "resumed");
      report.add({ text: name, run: "compared", same });
      note("resumed", resumed, same ? "the same files" : "OTHER files");
      if (!same) {
        throw new Error(`The resumed run on ${name} wrote other files`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  report.table(COLUMNS, rows);
}

async function prepare(
  folder: string,
  out: string,
  killWhen?: (seconds: number) => boolean,
): Promise<WatchedRun> {
  const path = join(folder, `${out}.yaml`);
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      out,
      sources: [{ name: "text", paths: "text.jsonl" }],
      steps: STEPS,
      keep_stages: false,
    }),
  );
  return await watchMinnow(["data", "prepare", path], killWhen);
}

/** Whether two corpora have the same token files. */
async function sameTokens(
  folder: string,
  a: string,
  b: string,
): Promise<boolean> {
  const shards = async (out: string) => {
    const manifest = JSON.parse(
      await Deno.readTextFile(join(folder, out, "manifest.json")),
    );
    return JSON.stringify([manifest.train.shards, manifest.validation.shards]);
  };
  return await shards(a) === await shards(b);
}
