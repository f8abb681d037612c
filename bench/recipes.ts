import { dirname, fromFileUrl, join } from "@std/path";
import type { Gpu } from "../kernels/runtime/gpu.ts";
import type { Column } from "../model/command/table.ts";
import { parseRunConfig } from "../model/train/parse_run_config.ts";
import { train } from "../model/train/trainer.ts";
import { parseComparison, type Recipe } from "./recipes/comparison.ts";
import type { BenchArguments } from "./support/arguments.ts";
import type { Report } from "./support/report.ts";
import { requiredTexts } from "./support/required_texts.ts";
import { mean, standardDeviation } from "./support/statistics.ts";

const FOLDER = join(dirname(fromFileUrl(import.meta.url)), "recipes");
const COMPARISON = join(FOLDER, "comparison.yaml");

/** Texts to train on, in the folder that `--texts` names. */
const CORPORA = [
  { name: "shakespeare", path: "text/tinyshakespeare.txt", by: "characters" },
  { name: "books", path: "text/gutenberg_books.jsonl", by: "bytes" },
] as const;

const COLUMNS: readonly Column[] = [
  { title: "recipe", align: "left" },
  { title: "corpus", align: "left" },
  { title: "tokens", align: "right" },
  { title: "seeds", align: "right" },
  { title: "validation loss", align: "right" },
  { title: "deviation", align: "right" },
  { title: "against first", align: "right" },
];

/**
 * Trains by each recipe of `recipes/comparison.yaml` on two corpora and
 * compares the validation losses with those of the first.
 *
 * @param gpu Device to train on.
 * @param args The folder of texts; the filter picks recipes and corpora, as
 * `plain` or `plain/books`.
 * @param report Where results go.
 * @throws {InputError} if the folder of texts is not named.
 */
export async function benchRecipes(
  gpu: Gpu,
  args: BenchArguments,
  report: Report,
): Promise<void> {
  const texts = requiredTexts(
    args,
    "compare recipes",
    CORPORA.map(({ path }) => path),
  );
  const recipes = parseComparison(
    await Deno.readTextFile(COMPARISON),
    COMPARISON,
  );
  const lines: string[][] = [];
  for (const { name: corpus, path, by } of CORPORA) {
    let first: number | undefined;
    for (const recipe of recipes) {
      if (!`${recipe.name}/${corpus}`.includes(args.filter)) continue;
      const losses: number[] = [];
      let tokens = 0;
      for (let seed = 1; seed <= recipe.seeds; seed++) {
        const outcome = await outcomeOf(gpu, recipe, seed, {
          "data.paths": JSON.stringify([join(texts, path)]),
          "data.tokenizer": by,
        });
        losses.push(outcome.validationLoss);
        tokens = outcome.tokens;
        report.add({ recipe: recipe.name, corpus, seed, ...outcome });
        report.line(
          `${recipe.name} on ${corpus}, seed ${seed}: ` +
            outcome.validationLoss.toFixed(4),
        );
      }
      const loss = mean(losses);
      first ??= loss;
      lines.push([
        recipe.name,
        corpus,
        String(tokens),
        String(losses.length),
        loss.toFixed(4),
        losses.length > 1 ? standardDeviation(losses).toFixed(4) : "",
        (loss - first).toFixed(4),
      ]);
    }
  }
  report.table(COLUMNS, lines);
}

/** What became of one run. */
interface RecipeOutcome {
  /** Tokens that it was trained on. */
  readonly tokens: number;
  /** Validation loss at the end, in nats a token. */
  readonly validationLoss: number;
  /** Time that training took, in seconds. */
  readonly seconds: number;
}

async function outcomeOf(
  gpu: Gpu,
  { file, overrides }: Recipe,
  seed: number,
  data: Readonly<Record<string, string>>,
): Promise<RecipeOutcome> {
  const path = join(FOLDER, file);
  const config = parseRunConfig(await Deno.readTextFile(path), path, {
    ...overrides,
    ...data,
    seed: String(seed),
  });
  const out = await Deno.makeTempDir({ prefix: "recipe-" });
  try {
    for await (const event of train({ config, out, gpu })) {
      if (event.type !== "finished") continue;
      return {
        tokens: event.tokens,
        validationLoss: event.validationLoss ?? NaN,
        seconds: event.seconds,
      };
    }
    throw new Error(`Training by ${file} did not finish`);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}
