/**
 * The benchmark: `deno task bench [PART…] [options]`.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { openDevice } from "../kernels/runtime/open_device.ts";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import { reportError } from "../model/command/dispatch.ts";
import { Output } from "../model/command/output.ts";
import { quietDriver } from "../model/command/quiet_driver.ts";
import { benchCompute } from "./compute.ts";
import { benchCuration } from "./curation.ts";
import { benchDedup } from "./dedup.ts";
import { benchKernels } from "./kernels.ts";
import { benchStart } from "./start.ts";
import { benchLoader } from "./loader.ts";
import { benchPeers } from "./peers.ts";
import { benchPrepare } from "./prepare.ts";
import { benchRecipes } from "./recipes.ts";
import { benchRoofline } from "./roofline.ts";
import { benchScaling } from "./scaling.ts";
import { benchStep } from "./step.ts";
import { benchTokenizer } from "./tokenizer.ts";
import { benchTune } from "./tune.ts";
import {
  type BenchArguments,
  parseBenchArguments,
  type Part,
} from "./support/arguments.ts";
import { circumstancesOf, Report } from "./support/report.ts";

const RESULTS = join(dirname(fromFileUrl(import.meta.url)), "results");

const HELP = `Usage: deno task bench [PART…] [options]

Measures minnow on this machine's GPU. Parts, by default the first three:
  kernels   single kernels: GFLOP/s and GB/s
  step      whole training steps: tokens/s, and where the time goes
  start     from starting the program to the first step, cold and warm
  scaling   steps as the batch, the width and the context grow
  tune      steps with tuned kernels, with the usual ones, with others
  roofline  a step on GPUs that are not here, from their data sheets
  peers     other trainers on the same machine, in turn with minnow
  tokenizer encoding and training, in turn with Hugging Face's libraries
  loader    batches from token files: GB/s, what is waited for, its share
  dedup     near-duplicates: rate, beside datatrove's; growth of time, memory
  prepare   curation of generated text up to 2 GB: time, memory, resumption
  curation  the same model trained on a raw corpus and on a curated one
  recipes   recipes of training on two corpora: the losses they end at
  compute   the planner's choice beside other sizes, with equal arithmetic

Options:
  --config NAME    configuration: S, M, gpt2-124m; may be repeated; for
                   peers alone also matmul, square products
  --seconds N      time of each measurement
  --filter TEXT    kernels, peers, series, GPUs or sizes whose name has this
  --variants       kernels: time every variant, not only the chosen one
  --other FILE     tune: another adapter's timings, from its cache folder
  --llmc FOLDER    peers: where llm.c's source is, to be compiled
  --texts FOLDER   curation, recipes, compute: where books and others are
  --json           one object a line on stdout, tables on stderr
  --save           write the results to bench/results
  --help           this text`;

type Bench = (gpu: Gpu, args: BenchArguments, report: Report) => Promise<void>;

const BENCHES: Readonly<Record<Part, Bench>> = {
  kernels: benchKernels,
  step: benchStep,
  start: benchStart,
  scaling: benchScaling,
  roofline: benchRoofline,
  tune: benchTune,
  peers: benchPeers,
  tokenizer: benchTokenizer,
  loader: benchLoader,
  dedup: benchDedup,
  prepare: benchPrepare,
  curation: benchCuration,
  recipes: benchRecipes,
  compute: benchCompute,
};

/** Runs the parts that were asked for, one after the other. */
async function run(args: BenchArguments, output: Output): Promise<number> {
  if (args.help) {
    output.line(HELP);
    return 0;
  }
  for (const part of args.parts) {
    const gpu = await openDevice();
    try {
      const report = new Report(part, circumstancesOf(gpu), output);
      await BENCHES[part](gpu, args, report);
      if (args.save) await report.save(RESULTS, args.configs);
    } finally {
      gpu.close();
    }
  }
  return 0;
}

if (import.meta.main) {
  quietDriver();
  const output = new Output({
    json: Deno.args.includes("--json"),
    verbose: false,
  });
  try {
    Deno.exit(await run(parseBenchArguments(Deno.args), output));
  } catch (error) {
    Deno.exit(reportError(error, output));
  }
}
