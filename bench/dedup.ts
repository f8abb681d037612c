import { fromFileUrl, join } from "@std/path";
import { MINHASH } from "../data/curate/minhash.ts";
import type { Document } from "../data/document.ts";
import { primerDocuments } from "../data/primer/primer_documents.ts";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import type { Column } from "../model/command/table.ts";
import type { MinhashRun } from "./dedup/run_minhash.ts";
import { compare } from "./peers/compare.ts";
import { PeerError, PeerProcess } from "./peers/peer_process.ts";
import type { BenchArguments } from "./support/arguments.ts";
import type { Report, ResultRow } from "./support/report.ts";

const SIGNATURE_COLUMNS: readonly Column[] = [
  { title: "signatures", align: "left" },
  { title: "version", align: "left" },
  { title: "minnow", align: "right" },
  { title: "peer", align: "right" },
  { title: "minnow : peer", align: "right" },
  { title: "spread", align: "right" },
  { title: "", align: "left" },
];

const RUN_COLUMNS: readonly Column[] = [
  { title: "documents", align: "right" },
  { title: "text", align: "right" },
  { title: "sorting in", align: "right" },
  { title: "dropped", align: "right" },
  { title: "CPU", align: "right" },
  { title: "rate", align: "right" },
  { title: "peak", align: "right" },
];

/** Bytes of text that are signed in a pass. */
const TEXT_BYTES = 300_000;

/** Documents of the runs whose times and memory are compared. */
const COUNTS = [30_000, 300_000];

/** Memory for sorting, in MiB, small enough that files are needed. */
const MEMORY_MIB = 16;

/**
 * Times MinHash signatures, in turn with datatrove's where Python has it, on
 * one core; and the whole step on ten times the documents, with what memory it
 * takes.
 *
 * @param _gpu Not used.
 * @param args Seconds of the comparison.
 * @param report Where results go.
 */
export async function benchDedup(
  _gpu: Gpu,
  args: BenchArguments,
  report: Report,
): Promise<void> {
  await compareSignatures(args.seconds ?? 20, report);
  const runs: MinhashRun[] = [];
  for (const count of COUNTS) runs.push(await runMinhash(count));
  for (const run of runs) {
    report.add({ step: MINHASH.name, memory_mib: MEMORY_MIB, ...run });
  }
  report.table(RUN_COLUMNS, runs.map(runLine));
  const [few, many] = runs;
  const factor = many.documents / few.documents;
  const growth = {
    step: MINHASH.name,
    input_factor: factor,
    time_factor: many.cpuSeconds / few.cpuSeconds,
    bytes_per_document: (many.peakBytes - few.peakBytes) /
      (many.documents - few.documents),
  };
  report.add(growth);
  report.line(
    `${factor} times the documents take ${growth.time_factor.toFixed(1)} ` +
      `times the time and ${growth.bytes_per_document.toFixed(0)} bytes of ` +
      "memory for each more",
  );
}

async function compareSignatures(
  seconds: number,
  report: Report,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bench-dedup-" });
  let ours: PeerProcess | undefined;
  let peer: PeerProcess | undefined;
  let row: ResultRow = { signatures: "datatrove" };
  try {
    const path = join(folder, "texts.jsonl");
    const bytes = await writeTexts(path);
    peer = await PeerProcess.start("datatrove", {
      program: "python3",
      args: [here("datatrove_signatures.py"), path],
    });
    ours = await PeerProcess.start("minnow", {
      program: Deno.execPath(),
      args: ["run", "-A", "--no-check", here("our_signatures.ts"), path],
    });
    const work = { units: bytes, rate: "bytes_per_second" };
    row = {
      ...row,
      ...await compare(ours, peer, work, seconds),
      text_bytes: bytes,
      ours_signed: ours.ready.first,
      peer_signed: peer.ready.first,
    };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    row = { ...row, failure: error.message };
  } finally {
    await Promise.all([ours?.close(), peer?.close()]);
    await Deno.remove(folder, { recursive: true });
  }
  report.add(row);
  report.table(SIGNATURE_COLUMNS, [signatureLine(row)]);
}

/** Writes documents of the primer, joined to the length of a page. */
async function writeTexts(path: string): Promise<number> {
  const encoder = new TextEncoder();
  const lines: string[] = [];
  let bytes = 0;
  let page: Document[] = [];
  for (const document of primerDocuments({ seed: 1, bytes: TEXT_BYTES })) {
    page.push(document);
    const text = page.map((each) => each.text).join("\n\n");
    if (text.length < 3000) continue;
    bytes += encoder.encode(text).length;
    lines.push(JSON.stringify({ text }));
    page = [];
  }
  await Deno.writeTextFile(path, lines.join("\n") + "\n");
  return bytes;
}

async function runMinhash(count: number): Promise<MinhashRun> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      here("run_minhash.ts"),
      String(count),
      String(MEMORY_MIB),
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`minhash failed on ${count} documents`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function here(file: string): string {
  return fromFileUrl(import.meta.resolve(`./dedup/${file}`));
}

function signatureLine(row: ResultRow): string[] {
  const number = (key: string, format: (value: number) => string) => {
    const value = row[key];
    return typeof value === "number" ? format(value) : "";
  };
  const rate = (value: number): string => `${(value / 1e6).toFixed(2)} MB/s`;
  return [
    String(row.signatures),
    String(row.version ?? ""),
    number("ours_bytes_per_second", rate),
    number("peer_bytes_per_second", rate),
    number("ratio", (value) => value.toFixed(1)),
    number("spread", (value) => `${(100 * value).toFixed(0)} %`),
    String(row.failure ?? ""),
  ];
}

function runLine(run: MinhashRun): string[] {
  return [
    String(run.documents),
    `${(run.bytes / 1e6).toFixed(0)} MB`,
    `${MEMORY_MIB} MiB`,
    String(run.dropped),
    `${run.cpuSeconds.toFixed(2)} s`,
    `${(run.bytes / run.cpuSeconds / 1e6).toFixed(1)} MB/s`,
    `${(run.peakBytes / 2 ** 20).toFixed(0)} MiB`,
  ];
}
