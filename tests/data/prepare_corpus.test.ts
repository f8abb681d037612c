import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { createHash } from "node:crypto";
import { type CorpusPart, openPart } from "../../data/corpus/corpus.ts";
import type { Document } from "../../data/document.ts";
import { InputError } from "../../data/input_error.ts";
import {
  prepareCorpus,
  type PrepareOptions,
  type PrepareProgress,
} from "../../data/prepare_corpus.ts";
import { Random } from "../../data/random.ts";
import { writeShards } from "../../data/shard/shard_writer.ts";
import { ByteTokenizer } from "../../data/tokenize/bytes.ts";
import { CharacterTokenizer } from "../../data/tokenize/characters.ts";
import { loadTokenizer } from "../../data/tokenize/load_tokenizer.ts";
import { withFolder } from "./with_folder.ts";

const tokenizer = new ByteTokenizer();

/** The documents of a part, without the last one's if it has no end. */
function textsOf(part: CorpusPart | null): string[] {
  assert(part !== null);
  const source = openPart(part, { vocabSize: tokenizer.vocabSize });
  const tokens = new Uint32Array(source.tokenCount);
  source.read(0, tokens);
  source.close();
  const texts: string[] = [];
  let start = 0;
  for (let i = 0; i <= tokens.length; i++) {
    if (i < tokens.length && tokens[i] !== tokenizer.endOfText) continue;
    if (i < tokens.length || i > start) {
      texts.push(tokenizer.decode(tokens.subarray(start, i)));
    }
    start = i + 1;
  }
  return texts;
}

async function* stream(
  documents: Iterable<Document>,
): AsyncGenerator<Document> {
  yield* documents;
}

function randomDocuments(
  random: Random,
  count: number,
  length: number,
): Document[] {
  return Array.from({ length: count }, (_, i) => ({
    id: String(i),
    text: `${i}:` +
      Array.from(
        { length: random.integer(length) },
        () => random.pick(["a", "é", " ", "\n", "😀"]),
      ).join(""),
  }));
}

const utf8Length = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);

Deno.test("many documents are split whole, and none is lost", () =>
  withFolder(async (folder) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    // Split once at the end, and one by one after the first MiB.
    for (const [count, length] of [[25, 50], [200, 200], [900, 3000]]) {
      const documents = randomDocuments(random, count, length);
      const corpus = await prepareCorpus({
        data: stream(documents),
        tokenizer,
        seed,
        outDir: join(folder, String(count)),
        validationFraction: 0.2,
        shardTokens: 50_000,
      });
      const [train, validation] = [
        textsOf(corpus.train),
        textsOf(corpus.validation),
      ];
      assertEquals(
        [...train, ...validation].sort(),
        documents.map(({ text }) => text).sort(),
        `seed ${seed}`,
      );
      assertEquals(corpus.train.bytes, utf8Length(train));
      assertEquals(corpus.validation?.bytes, utf8Length(validation));
      assertEquals(corpus.train.documents, train.length);
      assertEquals(corpus.validation?.documents, validation.length);
      const share = utf8Length(validation) / utf8Length([
        ...train,
        ...validation,
      ]);
      assert(share > 0.1 && share < 0.35, `seed ${seed}: ${share}`);
    }
  }));

Deno.test("a text that comes twice is never on both sides", () =>
  withFolder(async (folder) => {
    const twice = randomDocuments(new Random(5), 400, 4000).flatMap((
      document,
    ) => [document, document]);
    const corpus = await prepareCorpus({
      data: stream(new Random(6).shuffle(twice).slice(0, 700)),
      tokenizer,
      seed: 3,
      outDir: join(folder, "corpus"),
    });
    const train = new Set(textsOf(corpus.train));
    const both = textsOf(corpus.validation).filter((text) => train.has(text));
    assertEquals(both, []);
  }));

Deno.test("one text is split at a line end near its tail", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    const text = Array.from({ length: 1000 }, (_, i) => `line ${i} é\n`)
      .join("");
    await Deno.writeTextFile(path, text);
    const corpus = await prepareCorpus({
      data: [path],
      tokenizer,
      seed: 1,
      outDir: join(folder, "corpus"),
    });
    const [train, validation] = [
      textsOf(corpus.train),
      textsOf(corpus.validation),
    ];
    assertEquals([train.length, validation.length], [1, 1]);
    assertEquals(train[0] + validation[0], text);
    assert(train[0].endsWith("\n") && validation[0].startsWith("line 9"));
    assertEquals(corpus.train.bytes, utf8Length(train));
    assertEquals(corpus.validation?.bytes, utf8Length(validation));
    // No separator inside the text, one at its end.
    assertEquals(corpus.train.tokens, corpus.train.bytes);
    assertEquals(
      corpus.validation?.tokens,
      (corpus.validation?.bytes ?? 0) + 1,
    );
  }));

Deno.test("documents that are all the same text are split by their tail", () =>
  withFolder(async (folder) => {
    const corpus = await prepareCorpus({
      data: stream(
        Array.from({ length: 50 }, () => ({ id: "", text: "abcd" })),
      ),
      tokenizer,
      seed: 1,
      outDir: join(folder, "corpus"),
    });
    assertEquals(textsOf(corpus.train), new Array(45).fill("abcd"));
    assertEquals(textsOf(corpus.validation), new Array(5).fill("abcd"));
  }));

Deno.test("pieces of one document stay together without separators", () =>
  withFolder(async (folder) => {
    const pieces = function* (): Generator<Document> {
      for (let i = 0; i < 60; i++) {
        yield { id: `${i}`, text: `<${i}`.repeat(9000), continues: true };
        yield { id: `${i}`, text: `>${i}` };
      }
    };
    const corpus = await prepareCorpus({
      data: stream(pieces()),
      tokenizer,
      seed: 1,
      outDir: join(folder, "corpus"),
      validationFraction: 0.3,
    });
    const texts = [...textsOf(corpus.train), ...textsOf(corpus.validation)];
    assertEquals(texts.length, 60);
    for (const text of texts) {
      const [, number] = text.split(">");
      assertEquals(text, `<${number}`.repeat(9000) + `>${number}`);
    }
  }));

Deno.test("nothing is kept for validation where none is wanted", () =>
  withFolder(async (folder) => {
    const corpus = await prepareCorpus({
      data: stream([{ id: "a", text: "abc" }]),
      tokenizer,
      seed: 1,
      outDir: join(folder, "corpus"),
      validationFraction: 0,
    });
    assertEquals(corpus.validation, null);
    assertEquals(textsOf(corpus.train), ["abc"]);
    const prepare = (data: readonly Document[], validationFraction: number) =>
      prepareCorpus({
        data: stream(data),
        tokenizer,
        seed: 1,
        outDir: join(folder, "other"),
        validationFraction,
      });
    await assertRejects(() => prepare([], 0), InputError, "no document");
    await assertRejects(() => prepare([], 0.5), InputError, "no document");
    await assertRejects(
      () => prepare([], 1),
      InputError,
      "Cannot keep the share 1",
    );
  }));

Deno.test("the result is used again until data, tokenizer or options change", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await Deno.writeTextFile(path, "some text\n".repeat(100));
    const options: PrepareOptions = {
      data: [path],
      tokenizer,
      seed: 1,
      outDir: join(folder, "corpus"),
    };
    const reused = async (change: Partial<PrepareOptions>): Promise<boolean> =>
      (await prepareCorpus({ ...options, ...change })).reused;
    assertEquals(await reused({}), false);
    assertEquals(await reused({}), true);
    assertEquals(await reused({ seed: 2 }), false);
    assertEquals(await reused({ seed: 2 }), true);
    const characters = await CharacterTokenizer.learn(["some text\n"]);
    assertEquals(await reused({ tokenizer: characters }), false);
    assertEquals(await reused({}), false);
    await Deno.writeTextFile(path, "other text\n".repeat(100));
    assertEquals(await reused({}), false);
    // A damaged result is made again.
    await Deno.truncate(join(folder, "corpus/train/train_000000.bin"), 1500);
    assertEquals(await reused({}), false);
    await Deno.writeTextFile(join(folder, "corpus/manifest.json"), "{}");
    await assertRejects(() => reused({}), InputError, "no prepared corpus");
    // A stream says itself whether it is the same.
    const data = () => stream([{ id: "a", text: "abc" }]);
    const named = { outDir: join(folder, "named"), dataName: "abc" };
    assertEquals(await reused({ data: data(), ...named }), false);
    assertEquals(await reused({ data: data(), ...named }), true);
    const nameless = { outDir: join(folder, "nameless") };
    assertEquals(await reused({ data: data(), ...nameless }), false);
    assertEquals(await reused({ data: data(), ...nameless }), false);
  }));

Deno.test("the manifest says what was made of what", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    const lines = Array.from(
      { length: 40 },
      (_, i) => `{"text": "${10 + i}"}\n`,
    );
    await Deno.writeTextFile(path, lines.join(""));
    const outDir = join(folder, "corpus");
    const seen: PrepareProgress[] = [];
    await prepareCorpus({
      data: [path],
      tokenizer,
      seed: 9,
      outDir,
      validationFraction: 0.5,
      onProgress: (progress) => seen.push(progress),
    });
    const manifest = JSON.parse(
      await Deno.readTextFile(join(outDir, "manifest.json")),
    );
    assertEquals(manifest.sources[0].path, path);
    assertEquals(manifest.sources[0].bytes, 600);
    assertEquals(manifest.seed, 9);
    assertEquals(manifest.split, "documents");
    assertEquals(manifest.train.documents + manifest.validation.documents, 40);
    const [{ file, sha256 }] = manifest.train.shards;
    const bytes = await Deno.readFile(join(outDir, file));
    assertEquals(createHash("sha256").update(bytes).digest("hex"), sha256);
    assertEquals((await loadTokenizer(outDir)).kind, "bytes");
    assertEquals(seen.at(-1), { bytesRead: 600, totalBytes: 600, tokens: 120 });
    assertEquals(
      [...Deno.readDirSync(outDir)].map(({ name }) => name).sort(),
      [
        "manifest.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "train",
        "validation",
      ],
    );
  }));

Deno.test("a failure in the middle leaves no result and no leftovers", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    const lines = Array.from(
      { length: 40 },
      (_, i) => `{"text": "${10 + i}"}\n`,
    );
    await Deno.writeTextFile(path, lines.join("") + "{\n");
    const outDir = join(folder, "corpus");
    const prepare = (skips: boolean) =>
      prepareCorpus({
        data: [path],
        tokenizer,
        seed: 1,
        outDir,
        read: skips ? { onSkip: () => {} } : {},
      });
    await assertRejects(() => prepare(false), InputError, `${path}:41`);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    assertEquals((await prepare(true)).train.documents, 36);
    // What cannot be encoded fails the same way.
    await assertRejects(
      async () =>
        prepareCorpus({
          data: [path],
          tokenizer: await CharacterTokenizer.learn(["012345678"]),
          seed: 1,
          outDir,
          read: { onSkip: () => {} },
        }),
      InputError,
      `"9"`,
    );
    assertEquals([...Deno.readDirSync(folder)].length, 2);
    assertEquals((await prepare(true)).reused, true);
  }));

Deno.test("a Parquet file and a glob are data, and a column is chosen", () =>
  withFolder(async (folder) => {
    const testdata = new URL("read/testdata/", import.meta.url);
    for (const name of ["none", "zstd"]) {
      await Deno.copyFile(
        new URL(`${name}.parquet`, testdata),
        join(folder, `${name}.parquet`),
      );
    }
    const documents = async (data: string, textField: string) =>
      textsOf(
        (await prepareCorpus({
          data: [join(folder, data)],
          tokenizer,
          seed: 1,
          outDir: join(folder, textField),
          validationFraction: 0,
          read: { textField },
        })).train,
      );
    // Of the 40 rows eight texts are empty and five are null, one of them both.
    assertEquals((await documents("zstd.parquet", "text")).length, 28);
    const urls = await documents("*.parquet", "url");
    assertEquals(urls.length, 80);
    assertEquals(urls[79], "https://example.org/39");
  }));

Deno.test("killed in the middle, the earlier result stands", () =>
  withFolder(async (folder) => {
    const outDir = join(folder, "corpus");
    const options = { tokenizer, seed: 1, outDir, dataName: "first" };
    const data = () => stream([{ id: "a", text: "first ".repeat(50) }]);
    await prepareCorpus({ ...options, data: data() });
    const module = new URL("../../data/", import.meta.url).href;
    const script = join(folder, "script.ts");
    await Deno.writeTextFile(
      script,
      `import { prepareCorpus } from "${module}prepare_corpus.ts";
       import { ByteTokenizer } from "${module}tokenize/bytes.ts";
       async function* endless() {
         for (let i = 0;; i++) {
           if (i === 200) console.log("half-way");
           yield { id: "", text: String(i).repeat(9000) };
         }
       }
       await prepareCorpus({
         data: endless(),
         tokenizer: new ByteTokenizer(),
         seed: 1,
         outDir: ${JSON.stringify(outDir)},
       });`,
    );
    const config = new URL("../../deno.json", import.meta.url);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--config",
        fromFileUrl(config),
        script,
      ],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    const { done } = await reader.read();
    assertEquals(done, false);
    child.kill("SIGKILL");
    await reader.cancel();
    await child.status;
    assertEquals(
      (await prepareCorpus({ ...options, data: data() })).reused,
      true,
    );
  }));

Deno.test("a folder with something else in it is not replaced", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "thesis.txt"), "years of work");
    await assertRejects(
      () =>
        prepareCorpus({
          data: [join(folder, "thesis.txt")],
          tokenizer,
          seed: 1,
          outDir: folder,
        }),
      InputError,
      "it exists and is no prepared corpus",
    );
  }));

Deno.test("tokens that are given are used as they are", () =>
  withFolder(async (folder) => {
    const write = (name: string, count: number): Promise<unknown> =>
      writeShards([Uint32Array.from({ length: count }, (_, i) => i % 200)], {
        folder,
        vocabSize: 257,
        prefix: name,
      });
    const prepare = (data: string[], validationFraction?: number) =>
      prepareCorpus({
        data,
        tokenizer,
        seed: 1,
        outDir: join(folder, "unused"),
        validationFraction,
      });
    await write("plays_train", 1000);
    const file = join(folder, "plays_train_000000.bin");
    const tail = await prepare([file]);
    assertEquals([tail.train.start, tail.train.tokens], [0, 900]);
    assertEquals([tail.validation?.start, tail.validation?.tokens], [900, 100]);
    assertEquals(tail.train.bytes, null);
    assertEquals((await prepare([file], 0)).validation, null);

    await write("plays_val", 50);
    const named = await prepare([folder]);
    assertEquals([named.train.tokens, named.validation?.tokens], [1000, 50]);

    const text = join(folder, "a.txt");
    await Deno.writeTextFile(text, "text");
    await assertRejects(
      () => prepare([file, text]),
      InputError,
      `Cannot mix token shards with text: '${text}'`,
    );
    await assertRejects(
      () => prepare([join(folder, "plays_val_000000.bin")]),
      InputError,
      "all shards are named as validation",
    );
    await Deno.writeTextFile(join(folder, "bad.bin"), "x");
    await assertRejects(
      () => prepare([join(folder, "bad.bin")]),
      InputError,
      "bad.bin",
    );
    assertEquals([...Deno.readDirSync(folder)].length, 4);
  }));

Deno.test("a prepared corpus is data for the tokenizer it was made with", () =>
  withFolder(async (folder) => {
    const made = await prepareCorpus({
      data: stream([{ id: "a", text: "text ".repeat(50) }]),
      tokenizer,
      seed: 1,
      outDir: join(folder, "made"),
    });
    const options = {
      data: [join(folder, "made")],
      seed: 1,
      outDir: join(folder, "unused"),
    };
    const used = await prepareCorpus({ ...options, tokenizer });
    assertEquals(used, { ...made, reused: true });
    await assertRejects(
      async () =>
        prepareCorpus({
          ...options,
          tokenizer: await CharacterTokenizer.learn(["tex "]),
        }),
      InputError,
      "it was made with another tokenizer (bytes, 257 ids)",
    );
  }));
