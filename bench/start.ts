import { fromFileUrl } from "@std/path";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import type { StartMoments } from "./start/first_step.ts";
import type { BenchArguments } from "./support/arguments.ts";
import type { Report } from "./support/report.ts";
import { summarize } from "./support/statistics.ts";
import type { Column } from "../model/command/table.ts";

/** Spans of a start; the first ends when the program's own code runs. */
const SPANS = ["runtime", "device", "plan", "compile", "step", "all"] as const;

const COLUMNS: readonly Column[] = [
  { title: "config", align: "left" },
  { title: "shader cache", align: "left" },
  ...SPANS.map((title): Column => ({ title, align: "right" })),
];

const RUNS = 3;

/** Their lengths in seconds. */
type StartSpans = Readonly<Record<typeof SPANS[number], number>>;

/**
 * Times the start of a program that trains: from starting the process to the
 * first step's loss, with an empty shader cache and with a filled one.
 *
 * @param _gpu Not used: each start opens the device itself.
 * @param args The configurations.
 * @param report Where results go.
 */
export async function benchStart(
  _gpu: Gpu,
  { configs }: BenchArguments,
  report: Report,
): Promise<void> {
  const lines: string[][] = [];
  for (const config of configs.length > 0 ? configs : ["S"]) {
    const cold: StartSpans[] = [];
    const warm: StartSpans[] = [];
    for (let run = 0; run < RUNS; run++) {
      const cache = await Deno.makeTempDir({ prefix: "bench-shaders-" });
      try {
        cold.push(await start(config, cache));
        warm.push(await start(config, cache));
      } finally {
        await Deno.remove(cache, { recursive: true });
      }
    }
    for (const [cache, spans] of [["empty", cold], ["filled", warm]] as const) {
      const median = (span: typeof SPANS[number]) =>
        summarize(spans.map((each) => each[span])).median;
      report.add({
        config,
        shader_cache: cache,
        runs: RUNS,
        ...Object.fromEntries(
          SPANS.map((span) => [`${span}_seconds`, median(span)]),
        ),
      });
      lines.push([
        config,
        cache,
        ...SPANS.map((span) => `${median(span).toFixed(2)} s`),
      ]);
    }
  }
  report.table(COLUMNS, lines);
}

async function start(config: string, cache: string): Promise<StartSpans> {
  const began = Date.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      fromFileUrl(import.meta.resolve("./start/first_step.ts")),
      config,
    ],
    // Mesa's and NVIDIA's caches; other drivers keep theirs where they want.
    env: { MESA_SHADER_CACHE_DIR: cache, __GL_SHADER_DISK_CACHE_PATH: cache },
  }).output();
  const text = new TextDecoder();
  if (!success) {
    throw new Error(`The started program failed: ${text.decode(stderr)}`);
  }
  const moments: StartMoments = JSON.parse(text.decode(stdout));
  const { loaded, device, planned, compiled, stepped } = moments;
  return {
    runtime: (loaded - began) / 1000,
    device: (device - loaded) / 1000,
    plan: (planned - device) / 1000,
    compile: (compiled - planned) / 1000,
    step: (stepped - compiled) / 1000,
    all: (stepped - began) / 1000,
  };
}
