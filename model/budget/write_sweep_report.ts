import { join } from "@std/path";
import { stringify } from "@std/csv";
import { writeAtomic } from "../../data/atomic_write.ts";
import type { SweepFit } from "./fit_sweep.ts";
import { stringifyLaw } from "./law_file.ts";
import { sweepSvg } from "./sweep_svg.ts";
import type { SweepResult } from "./sweep_result.ts";

/** Columns of `points.csv`, in order. */
const COLUMNS: readonly (keyof SweepResult)[] = [
  "name",
  "budget",
  "flops",
  "parameters",
  "layers",
  "width",
  "tokens",
  "unique_tokens",
  "steps",
  "sequences",
  "learning_rate",
  "loss",
  "bits_per_byte",
  "predicted_loss",
  "chosen",
  "seconds",
];

/**
 * Writes what a sweep has come to: `points.csv`, `sweep.svg`, and `law.json`
 * where there is a law.
 *
 * @param folder Folder of the sweep.
 * @param results Its finished runs, at least one.
 * @param fit What was fitted to them.
 * @param about Title of the picture; rows of the models' token table.
 * @returns Paths of the files.
 */
export async function writeSweepReport(
  folder: string,
  results: readonly SweepResult[],
  { isoFlop, law }: SweepFit,
  { title, vocabulary }: {
    readonly title: string;
    readonly vocabulary: number;
  },
): Promise<string[]> {
  const runs = {
    vocabulary,
    flops: Math.max(...results.map(({ flops }) => flops)),
  };
  const files: [string, string][] = [
    [
      "points.csv",
      stringify(results.map((result) => ({ ...result })), {
        columns: [...COLUMNS],
      }),
    ],
    ["sweep.svg", sweepSvg(results, isoFlop.minima, title)],
    ...(law ? [["law.json", stringifyLaw(law, runs)] as [string, string]] : []),
  ];
  const paths: string[] = [];
  for (const [name, content] of files) {
    const path = join(folder, name);
    await writeAtomic(path, content);
    paths.push(path);
  }
  return paths;
}
