import { dirname, resolve } from "@std/path";
import type { PackingReport } from "../../data/corpus/packing.ts";
import { parseCurationConfig } from "../../data/curate/parse_curation_config.ts";
import { runCuration } from "../../data/curate/run_curation.ts";
import { formatBytes, formatCount } from "../../data/format.ts";
import type { Command } from "./command.ts";
import { CurationReporter } from "./curation_reporter.ts";
import { funnelLines } from "./funnel_table.ts";
import { mixtureLines } from "./mixture_table.ts";
import { readTextFile } from "./read_run_config.ts";

/** Curates text and writes a corpus. */
export const dataPrepare: Command = {
  name: "data prepare",
  summary: "Curate, tokenize and pack text, as a file says it",
  usage: "data prepare curate.yaml [options]",
  examples: [
    "data prepare curate.yaml",
    "data prepare curate.yaml --out corpus --workers 8",
  ],
  positionals: { min: 1, max: 1 },
  options: [
    {
      name: "out",
      kind: "string",
      placeholder: "DIR",
      description: "Folder that takes the corpus, instead of the file's",
    },
    {
      name: "workers",
      kind: "integer",
      minimum: 1,
      maximum: 256,
      description: "Threads, instead of the file's",
    },
  ],
  details: "A run that was interrupted goes on after its last finished stage " +
    "when the\nsame command is given again.",
  async run(args, output) {
    const [path] = args.positionals;
    const given = parseCurationConfig(
      await readTextFile(path),
      path,
      dirname(resolve(path)),
    );
    const out = args.string("out");
    const config = {
      ...given,
      ...(out === undefined ? {} : { out: resolve(out) }),
      workers: args.number("workers") ?? given.workers,
    };
    const reporter = new CurationReporter(output);
    try {
      const { written, stages } = await runCuration(config, {
        source: path,
        onProgress: (progress) => reporter.progress(progress),
        onReuse: (title) => reporter.reuse(title),
      });
      reporter.close();
      if (written === null) {
        output.line(`${config.out} is up to date`);
        output.object({ event: "prepared", out: config.out, reused: true });
        return 0;
      }
      const { corpus, funnel, mixture, packing } = written;
      for (const line of funnelLines(funnel)) output.line(line);
      if (mixture.sources.some(({ epochs }) => epochs !== 1)) {
        output.line();
        for (const line of mixtureLines(mixture)) output.line(line);
      }
      output.line();
      const { train, validation } = corpus;
      output.line(
        `${formatCount(train.tokens, "tokens")} to learn from, ${
          formatCount(validation?.tokens ?? 0)
        } to measure on, in ${config.out}`,
      );
      if (packing !== null) output.line(packingLine(packing));
      if (stages !== null) {
        output.note(
          `finished stages are kept in ${stages} (${
            formatBytes(await sizeOf(stages))
          }), so that a changed step recomputes only what follows it`,
        );
      }
      output.object({
        event: "prepared",
        out: config.out,
        reused: false,
        train: train.tokens,
        validation: validation?.tokens ?? 0,
        read: funnel.read,
        left: funnel.left,
        steps: funnel.steps.map(({ samples: _, ...counts }) => counts),
        mixture: mixture.sources,
        packing,
      });
      return 0;
    } finally {
      reporter.close();
    }
  },
};

function packingLine(packing: PackingReport): string {
  const { method, context, long, cropped, croppedShare } = packing;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return `packing ${method} into contexts of ${context}: ` +
    `${formatCount(long, "documents")} are longer and split, ` +
    `${formatCount(cropped)} (${percent(croppedShare)}) cropped at borders, ` +
    `${percent(packing.paddingShare)} of the tokens are padding`;
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    bytes += entry.isDirectory
      ? await sizeOf(path)
      : (await Deno.stat(path)).size;
  }
  return bytes;
}
