import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { parse } from "@std/csv";
import { join } from "@std/path";
import { openPart } from "../../../data/corpus/corpus.ts";
import { readManifest } from "../../../data/corpus/manifest.ts";
import { parseCurationConfig } from "../../../data/curate/parse_curation_config.ts";
import {
  type CurationResult,
  runCuration,
} from "../../../data/curate/run_curation.ts";
import { InputError } from "../../../data/input_error.ts";
import { readDropped } from "../../../data/inspect/read_dropped.ts";
import { verifyCorpus } from "../../../data/inspect/verify_corpus.ts";
import { prepareCorpus } from "../../../data/prepare_corpus.ts";
import { primerDocuments } from "../../../data/primer/primer_documents.ts";
import { loadTokenizer } from "../../../data/tokenize/load_tokenizer.ts";
import { minnow } from "../../minnow.ts";
import { withFolder } from "../with_folder.ts";

/** Writes sources of known content: of 60 pages, 10 come twice, 5 are blank. */
async function writeSources(folder: string): Promise<void> {
  const pages = [...primerDocuments({ seed: 3, documents: 60 })]
    .map(({ text }) => text);
  const web = [...pages, ...pages.slice(0, 10), ...Array(5).fill(" \n\t ")];
  await Deno.writeTextFile(
    join(folder, "web.jsonl"),
    web.map((text, i) => JSON.stringify({ id: `w${i}`, text })).join("\n") +
      "\n{ broken\n",
  );
  const books = [...primerDocuments({ seed: 4, documents: 20 })];
  await Deno.writeTextFile(
    join(folder, "books.jsonl"),
    books.map(({ text }, i) => JSON.stringify({ id: `b${i}`, text }))
      .join("\n"),
  );
}

const YAML = `
sources:
  - { name: web, paths: web.jsonl }
  - { name: books, paths: books.jsonl }
steps: [normalize, exact_duplicates, normalize]
validation: 0.2
workers: 1
`;

function curate(
  folder: string,
  yaml: string,
  reused: string[] = [],
): Promise<CurationResult> {
  const source = join(folder, "curate.yaml");
  return runCuration(parseCurationConfig(yaml, source, folder), {
    source,
    onReuse: (title) => reused.push(title),
  });
}

/** Every file of a folder by its path. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) {
      for (const [inner, text] of Object.entries(await contentsOf(path))) {
        found[`${name}/${inner}`] = text;
      }
    } else found[name] = (await Deno.readFile(path)).toHex();
  }
  return found;
}

/** Documents of the training and validation parts, sorted. */
async function textsOf(folder: string): Promise<string[]> {
  const tokenizer = await loadTokenizer(folder);
  const { train, validation } = await prepareCorpus({
    data: [folder],
    tokenizer,
    outDir: join(folder, "unused"),
    seed: 1,
  });
  const texts: string[] = [];
  for (const part of [train, validation]) {
    if (part === null) continue;
    const source = openPart(part, tokenizer);
    const tokens = new Uint32Array(source.tokenCount);
    source.read(0, tokens);
    source.close();
    let start = 0;
    for (const [i, token] of tokens.entries()) {
      if (token !== tokenizer.endOfText) continue;
      texts.push(tokenizer.decode(tokens.subarray(start, i)));
      start = i + 1;
    }
  }
  return texts.sort();
}

Deno.test("documents are read, judged, counted and written", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    const { written } = await curate(folder, YAML);
    const corpus = join(folder, "corpus");
    const expected = [
      ...primerDocuments({ seed: 3, documents: 60 }),
      ...primerDocuments({ seed: 4, documents: 20 }),
    ].map(({ text }) => text.trim());
    const texts = (await textsOf(corpus)).map((text) => text.trim());
    assertEquals(texts, expected.toSorted());

    const rows = parse(
      await Deno.readTextFile(join(corpus, "funnel.csv")),
      { skipFirstRow: true },
    );
    const documents = (stage: string, step: string, reason = "") =>
      rows.find((row) =>
        row.stage === stage && row.step === step && row.reason === reason
      )?.documents;
    // The reader itself passes over texts that are empty or blank.
    const read = Number(documents("read", "web"));
    assertEquals(documents("read", "books"), "20");
    assertEquals(documents("skipped", "web", "bad_json"), "1");
    assertEquals(documents("in", "normalize"), String(read + 20));
    assertEquals(
      Number(documents("dropped", "normalize", "empty") ?? 0),
      read - 70,
    );
    assertEquals(documents("out", "exact_duplicates"), "80");
    assertEquals(documents("left", "web"), "60");
    assertEquals(documents("left", ""), "80");

    const manifest = await readManifest(corpus);
    assert(manifest !== null);
    assertEquals(await verifyCorpus(corpus, manifest), []);
    assertEquals(written?.funnel.left.documents, 80);
    const svg = await Deno.readTextFile(join(corpus, "funnel.svg"));
    assertStringIncludes(svg, "exact_duplicates");
    const dropped = await readDropped(corpus, "exact_duplicates");
    assertEquals(dropped.length, 10);
    assertEquals(
      dropped.map(({ id }) => Number(id.slice(1))).sort((a, b) => a - b),
      [...Array(10).keys()].map((i) => i + 60),
    );
  }));

Deno.test("the number of threads changes nothing", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    await curate(folder, YAML);
    const file = join(folder, "curate.yaml");
    await Deno.writeTextFile(file, YAML);
    // In a process of its own, where threads start without a check of types.
    const args = ["data", "prepare", file, "--workers", "3"];
    const { code, stderr } = await minnow([...args, "--out", `${folder}/b`]);
    assertEquals(code, 0, stderr);
    const [one, three] = [
      await contentsOf(join(folder, "corpus")),
      await contentsOf(join(folder, "b")),
    ];
    for (const name of Object.keys(one)) {
      // The picture's title and the manifest's options name the folder.
      if (/svg|manifest/.test(name)) continue;
      assertEquals(three[name], one[name], name);
    }
  }));

Deno.test("a change recomputes what follows it and nothing else", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    const first = await curate(folder, YAML);
    assert(first.written !== null);
    const reused: string[] = [];
    assertEquals((await curate(folder, YAML, reused)).written, null);
    assertEquals(reused, []);

    // Only tokens are written anew.
    await curate(folder, `${YAML}seed: 1\nshuffle: false`, reused);
    assertEquals(reused, [
      "reading, normalize",
      "exact_duplicates, normalize#2",
    ]);
    // The second stage changes.
    reused.length = 0;
    await curate(folder, YAML.replace(", normalize]", "]"), reused);
    assertEquals(reused, ["reading, normalize"]);
    // A source changes.
    reused.length = 0;
    await Deno.writeTextFile(
      join(folder, "books.jsonl"),
      `\n{"text": "one more"}`,
      { append: true },
    );
    const changed = await curate(folder, YAML, reused);
    assertEquals(reused, []);
    assertEquals(changed.written?.funnel.left.documents, 81);
    // A stage that is damaged is run again.
    const stages = join(folder, "corpus.stages");
    const [stage] = [...Deno.readDirSync(stages)]
      .filter(({ name }) => name.startsWith("2-"));
    await Deno.truncate(join(stages, stage.name, "documents"), 100);
    await curate(folder, `${YAML}shuffle: false`, reused);
    assertEquals(reused, ["reading, normalize"]);
  }));

Deno.test("stages are removed where they are not to be kept", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    const { stages } = await curate(folder, `${YAML}keep_stages: false`);
    assertEquals(stages, null);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(names.sort(), ["books.jsonl", "corpus", "web.jsonl"]);
  }));

Deno.test("the order depends on the seed, and is the files' without shuffle", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    const order = async (more: string): Promise<string> => {
      await curate(
        folder,
        `${YAML}${more}\nvalidation: 0`.replace(
          "validation: 0.2",
          "",
        ),
      );
      const contents = await contentsOf(join(folder, "corpus"));
      return contents["train/train_000000.bin"];
    };
    const plain = await order("shuffle: false");
    const one = await order("seed: 1");
    assertNotEquals(one, plain);
    assertNotEquals(await order("seed: 2"), one);
    assertEquals(await order("seed: 1"), one);
  }));

Deno.test("epochs repeat a source and weights balance sources", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    const twice = await curate(
      folder,
      YAML.replace("books.jsonl }", "books.jsonl, epochs: 2 }"),
    );
    assertEquals((await textsOf(join(folder, "corpus"))).length, 60 + 2 * 20);
    assertEquals(twice.written?.mixture.sources[1].epochs, 2);
    const balanced = await curate(
      folder,
      YAML.replace("books.jsonl }", "books.jsonl, weight: 1 }")
        .replace("web.jsonl }", "web.jsonl, weight: 1 }"),
    );
    const shares = balanced.written?.mixture.sources.map(({ share }) => share);
    assert(shares?.every((share) => Math.abs(share - 0.5) < 0.01));
  }));

Deno.test("packing is reported, and packed documents are whole", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    const context = 2048;
    const packed = (packing: string) =>
      curate(
        folder,
        `${YAML}shards: { packing: ${packing}, context: ${context} }`,
      );
    const { written: plain } = await packed("concat");
    const { written: packedTight } = await packed("best_fit");
    const [concat, fitted] = [plain?.packing, packedTight?.packing];
    assert(concat && fitted);
    assertEquals(plain?.corpus.train.packedContext, undefined);
    assertEquals(packedTight?.corpus.train.packedContext, context);
    assertEquals([concat.padding, fitted.cropped], [0, 0]);
    assertEquals(concat.long, fitted.long);
    assert(concat.cropped > 0 && fitted.padding > 0);
    const manifest = await readManifest(join(folder, "corpus"));
    assertEquals((manifest?.train.tokens ?? 1) % context, 0);
  }));

Deno.test("a source of which nothing is left names the step", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    await Deno.copyFile(join(folder, "web.jsonl"), join(folder, "copy.jsonl"));
    const yaml = YAML.replace("books.jsonl", "copy.jsonl");
    const error = await assertRejects(
      () => curate(folder, yaml),
      InputError,
      `documents of the source "books" were dropped`,
    );
    assertStringIncludes(error.message, "by exact_duplicates");
    // What was dropped can be looked at all the same.
    const dropped = await readDropped(
      join(folder, "corpus"),
      "exact_duplicates",
    );
    assertEquals(dropped.length, 20);
    await assertRejects(() => Deno.stat(join(folder, "corpus")));
  }));

Deno.test("what stands at the output is not replaced unless it is a corpus", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    await assertRejects(
      () => curate(folder, `${YAML}out: .`),
      InputError,
      "it exists and is no prepared corpus",
    );
    await assertRejects(
      () => curate(folder, YAML.replace("web.jsonl", "corpus.stages/x.jsonl")),
      InputError,
      "there is no such file",
    );
    await curate(folder, YAML);
    await assertRejects(
      () => curate(folder, YAML.replace("web.jsonl", "corpus/dropped.jsonl")),
      InputError,
      "lies within it",
    );
  }));

Deno.test("encoding in threads changes nothing", () =>
  withFolder(async (folder) => {
    await writeSources(folder);
    const tokenizer = new URL(
      "../tokenize/testdata/gpt2.json",
      import.meta.url,
    ).pathname;
    const file = join(folder, "curate.yaml");
    await Deno.writeTextFile(file, `${YAML}\ntokenizer: ${tokenizer}`);
    const hashes: string[][] = [];
    for (const workers of ["1", "2"]) {
      const out = join(folder, `with-${workers}`);
      const args = ["data", "prepare", file, "--workers", workers];
      const { code, stderr } = await minnow([...args, "--out", out]);
      assertEquals(code, 0, stderr);
      const manifest = await readManifest(out);
      hashes.push(manifest?.train.shards.map(({ sha256 }) => sha256) ?? []);
    }
    assertEquals(hashes[1], hashes[0]);
    assertEquals(hashes[0].length, 1);
  }));
