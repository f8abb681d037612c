import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { Random } from "../../data/random.ts";
import { withFolder } from "../data/with_folder.ts";
import { minnow, type Outcome } from "../minnow.ts";

interface LabelLine {
  readonly id: string;
  readonly text: string;
  readonly label: number | null;
}

/** Pages of which the good ones have another choice of words. */
function pages(count: number, seed: number): LabelLine[] {
  const random = new Random(seed);
  const words = ["stone", "river", "cloud", "tree", "grass", "bird"];
  return Array.from({ length: count }, (_, i) => {
    const own = i % 2 === 0 ? ["therefore", "because"] : ["click", "buy"];
    const text = Array.from(
      { length: 15 },
      () => random.pick(random.integer(4) === 0 ? own : words),
    ).join(" ");
    return { id: `page-${seed}-${i}`, text, label: 1 - i % 2 };
  });
}

async function writeLines(
  path: string,
  lines: readonly LabelLine[],
): Promise<void> {
  const json = lines.map((line) => JSON.stringify(line) + "\n").join("");
  await Deno.writeTextFile(path, json);
}

async function readLines(path: string): Promise<LabelLine[]> {
  const text = await Deno.readTextFile(path);
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

function assertBadInput(outcome: Outcome, message: RegExp): void {
  assertEquals(outcome.code, 2, outcome.stderr);
  assertMatch(outcome.stderr, /^minnow: [^\n]+\n$/);
  assertMatch(outcome.stderr, message);
}

Deno.test("documents are drawn, labelled, learnt from and told apart", () =>
  withFolder(async (cwd) => {
    const run = (...args: string[]) => minnow(["data", ...args], { cwd });
    const web = pages(300, 1);
    const labels = new Map(web.map(({ id, label }) => [id, label]));
    await writeLines(join(cwd, "web.jsonl"), web);

    const drawn = await run("label", "web.jsonl", "--count", "120");
    assertEquals(drawn.code, 0, drawn.stderr);
    assertMatch(drawn.stdout, /120 documents to label written to label\.jsonl/);
    const sample = await readLines(join(cwd, "label.jsonl"));
    assertEquals(Object.keys(sample[0]), ["id", "text", "label"]);
    assert(sample.every(({ label }) => label === null));

    // Labels that are there are not lost to a second call.
    assertBadInput(
      await run("label", "web.jsonl"),
      /label\.jsonl': it exists and may hold labels/,
    );
    assertBadInput(
      await run("classifier", "train", "label.jsonl"),
      /all 120 documents have null as "label"/,
    );

    const labelled = sample.map((line, i) => ({
      ...line,
      label: i < 100 ? labels.get(line.id) ?? null : null,
    }));
    await writeLines(join(cwd, "label.jsonl"), labelled);
    const trained = await run("classifier", "train", "label.jsonl", "--json");
    assertEquals(trained.code, 0, trained.stderr);
    assertMatch(trained.stderr, /20 texts have no label yet/);
    const report = JSON.parse(trained.stdout);
    assertEquals([report.documents, report.out], [100, "quality.bin"]);
    assert(report.auc > 0.8, `AUC ${report.auc}`);

    const again = ["classifier", "train", "label.jsonl", "--out", "again.bin"];
    assertEquals((await run(...again)).code, 0);
    assertEquals(
      await Deno.readFile(join(cwd, "again.bin")),
      await Deno.readFile(join(cwd, "quality.bin")),
    );

    await writeLines(join(cwd, "unseen.jsonl"), pages(200, 2));
    const tested = await run(
      "classifier",
      "test",
      "quality.bin",
      "unseen.jsonl",
    );
    assertEquals(tested.code, 0, tested.stderr);
    const auc = Number(/AUC +(\d\.\d+)/.exec(tested.stdout)?.[1]);
    assert(auc > 0.9, tested.stdout);

    const more = await run(
      ...["label", "web.jsonl", "--model", "quality.bin", "--count", "200"],
      ...["--known", "label.jsonl", "--out", "more.jsonl"],
    );
    assertEquals(more.code, 0, more.stderr);
    const ids = (await readLines(join(cwd, "more.jsonl"))).map(({ id }) => id);
    assertEquals(new Set([...ids, ...sample.map(({ id }) => id)]).size, 300);
  }));

Deno.test("folders of good and of any texts are labels too", () =>
  withFolder(async (cwd) => {
    for (const [folder, parity] of [["good", 0], ["any", 1]] as const) {
      await Deno.mkdir(join(cwd, folder));
      const texts = pages(80, 3).filter((_, i) => i % 2 === parity);
      for (const { id, text } of texts) {
        await Deno.writeTextFile(join(cwd, folder, `${id}.txt`), text);
      }
    }
    const trained = await minnow(
      ["data", "classifier", "train", "--good", "good", "--any", "any"],
      { cwd },
    );
    assertEquals(trained.code, 0, trained.stderr);
    assertMatch(trained.stdout, /80 texts, 40 of them good/);
    assertMatch(trained.stdout, /threshold +kept +good of kept/);
  }));

Deno.test("what a classifier cannot be made of is named", () =>
  withFolder(async (cwd) => {
    const run = (...args: string[]) =>
      minnow(["data", "classifier", ...args], { cwd });
    await writeLines(join(cwd, "a.jsonl"), pages(20, 4));
    assertBadInput(await run("trian"), /did you mean 'train'\?/);
    assertBadInput(await run("train"), /without texts/);
    assertBadInput(await run("train", "--good", "a.jsonl"), /--any/);
    assertBadInput(
      await run("train", "a.jsonl", "--label-field", "score"),
      /no field "score"/,
    );
    assertBadInput(await run("test", "gone.bin", "a.jsonl"), /no such file/);
    assertBadInput(
      await run("test", "a.jsonl", "a.jsonl"),
      /does not begin as one/,
    );
    assertEquals(
      [...Deno.readDirSync(cwd)].map(({ name }) => name),
      ["a.jsonl"],
    );
  }));
