/**
 * Compares minnow's filters with datatrove's on real pages, rule by rule:
 * `deno task interop:datatrove`, with `--write` to replace the verdicts and
 * differences that are checked in. Needs Python with datatrove and spacy
 * (`pip install datatrove spacy`); `PYTHON` names the interpreter.
 */
import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import { WordScanner } from "../../../data/curate/word_scanner.ts";
import { comparedPages, type Page } from "./pages.ts";
import { compareVerdicts, type RecordedVerdicts } from "./verdicts.ts";

const FOLDER = fromFileUrl(new URL(".", import.meta.url));

async function main(): Promise<number> {
  const { write } = parseArgs(Deno.args, { boolean: ["write"] });
  const pages = comparedPages();
  if (pages === null) return 1;
  const folder = await Deno.makeTempDir();
  try {
    const given = join(folder, "pages.jsonl");
    const judged = join(folder, "verdicts.json");
    const lines = pages.map((page) => JSON.stringify(withWords(page)));
    await Deno.writeTextFile(given, lines.join("\n") + "\n");
    const python = Deno.env.get("PYTHON") ?? "python3";
    const { success } = await new Deno.Command(python, {
      args: [join(FOLDER, "verdicts.py"), given, judged],
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    if (!success) {
      console.error(
        "interop: datatrove gave no verdicts; install it (pip install " +
          "datatrove spacy), or name an interpreter that has it in PYTHON",
      );
      return 1;
    }
    const fresh: RecordedVerdicts = JSON.parse(await Deno.readTextFile(judged));
    const differences = await compareVerdicts(pages, fresh);
    const { causes, differences: listed } = await readDifferences();
    if (write) {
      await writeJson("verdicts.json", fresh);
      await writeJson("differences.json", { causes, differences });
    }
    const counts = Map.groupBy(
      differences,
      ({ rule, cause }) => `${rule} (${cause})`,
    );
    for (const [name, { length }] of counts) console.log(`${name}: ${length}`);
    const known = write ||
      JSON.stringify(listed) === JSON.stringify(differences);
    console.log(
      `${pages.length} pages, ${differences.length} differences, ` +
        (known ? "as listed" : "NOT as listed in differences.json"),
    );
    return known ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function withWords(page: Page): Page & { readonly words: readonly string[] } {
  const words: string[] = [];
  const scanner = new WordScanner(page.text);
  while (scanner.next()) {
    words.push(page.text.slice(scanner.start, scanner.end));
  }
  return { ...page, words };
}

async function readDifferences(): Promise<
  { readonly causes: unknown; readonly differences: unknown }
> {
  return JSON.parse(await Deno.readTextFile(join(FOLDER, "differences.json")));
}

async function writeJson(name: string, value: unknown): Promise<void> {
  const path = join(FOLDER, name);
  await Deno.writeTextFile(path, JSON.stringify(value));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", path] })
    .output();
}

if (import.meta.main) Deno.exit(await main());
