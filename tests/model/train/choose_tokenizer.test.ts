import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { prepareCorpus } from "../../../data/prepare_corpus.ts";
import { loadTokenizer } from "../../../data/tokenize/load_tokenizer.ts";
import { USUAL_LAW } from "../../../model/budget/scaling_law.ts";
import { chooseTokenizer } from "../../../model/train/choose_tokenizer.ts";
import { openTokenizer } from "../../../model/train/open_corpus.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";
import { suitedVocabulary } from "../../../model/train/suited_vocabulary.ts";
import { withFolder } from "../../data/with_folder.ts";
import { eventsOf, tinyConfig, trainTiny, writeText } from "../tiny_run.ts";

const AUTO = { "data.tokenizer": "auto" };
/** FLOP/s of a software adapter. */
const rate = 3e10;

Deno.test("a run on auto says which vocabulary it has and keeps it", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    const config = tinyConfig(await writeText(folder), {
      ...AUTO,
      "train.steps": "2",
    });
    const events = await trainTiny({ config, out });
    const [started] = eventsOf(events, "started");
    assertEquals(started.config.data.tokenizer, join(out, "tokenizer"));
    const notices = eventsOf(events, "notice").map(({ message }) => message);
    const told = /^a vocabulary of \d+ tokens, \d\.\d\d bytes each, for/;
    assert(notices.some((text) => told.test(text)), notices.join("\n"));
    const kept = await Deno.readTextFile(join(out, "run.yaml"));
    assertMatch(kept, /tokenizer: .*run\/tokenizer/);
  }));

Deno.test("a vocabulary is learnt of the text, the same each time", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      ...AUTO,
      "train.steps": "null",
      "train.budget": "30d",
    });
    const question = {
      out: folder,
      rate,
      planned: true,
      law: USUAL_LAW,
    };
    const told = new Map<string, number>();
    const { data, notices } = await chooseTokenizer(config, {
      ...question,
      onProgress(share, doing) {
        assert(share >= (told.get(doing) ?? 0) && share <= 1);
        told.set(doing, share);
      },
    });
    // Its few merges are learnt before anybody could ask how far they are.
    assertEquals([...told], [["reading for a vocabulary", 1]]);
    assertEquals(data.tokenizer, join(folder, "tokenizer"));
    assertEquals(notices.length, 1);
    const tokenizer = await loadTokenizer(data.tokenizer ?? "");
    const text = "a cat sings.\nthe dog sleeps.\n";
    const tokens = tokenizer.encode(text);
    assertEquals(tokenizer.decode(tokens), text);
    // The text's few words came often enough to be tokens.
    assert(tokens.length <= 12, `${tokens.length} tokens`);
    assert(tokenizer.vocabSize > 257 && tokenizer.vocabSize < 400);
    // The same run again has the same vocabulary, also where an earlier start
    // was cut short.
    const out = join(folder, "again");
    await Deno.mkdir(join(out, "tokenizer"), { recursive: true });
    await Deno.writeTextFile(join(out, "tokenizer", "tokenizer.json"), "{");
    const again = await chooseTokenizer(config, { ...question, out });
    assertEquals(
      [...(await loadTokenizer(again.data.tokenizer ?? "")).encode(text)],
      [...tokens],
    );
    // And trains.
    const run = await trainTiny({
      config: { ...tinyConfig("", { "train.steps": "2" }), data },
      out: join(folder, "run"),
    });
    assertEquals(eventsOf(run, "step").length, 2);
  }));

Deno.test("a resumed run keeps its tokenizer and needs no text", () =>
  withFolder(async (folder) => {
    const text = await writeText(folder);
    const out = join(folder, "run");
    const config = tinyConfig(text, {
      ...AUTO,
      "train.steps": "null",
      "train.budget": "30d",
      "train.tune": "off",
    });
    const trainBriefly = async (resume: boolean) => {
      const abort = new AbortController();
      const { signal } = abort;
      return await trainTiny(
        { config, out, resume, signal },
        (event) => event.type === "step" && abort.abort(),
      );
    };
    const first = await trainBriefly(false);
    const [{ config: settled }] = eventsOf(first, "started");
    assertEquals(settled.data.tokenizer, join(out, "tokenizer"));
    await Deno.remove(text);
    await Deno.remove(join(out, "tokenizer"), { recursive: true });
    const resumed = await trainBriefly(true);
    assert(eventsOf(resumed, "started")[0].step > 0);
  }));

Deno.test("what is named, and what a corpus was prepared with, stays", () =>
  withFolder(async (folder) => {
    const text = await writeText(folder);
    const question = {
      out: folder,
      rate,
      planned: true,
      law: USUAL_LAW,
    };
    const named = tinyConfig(text, { "data.tokenizer": "characters" });
    assertEquals((await chooseTokenizer(named, question)).data, named.data);
    const corpus = join(folder, "corpus");
    await prepareCorpus({
      data: [text],
      tokenizer: await loadTokenizer("bytes"),
      outDir: corpus,
      seed: 1,
    });
    const prepared = tinyConfig(corpus, AUTO);
    const { data } = await chooseTokenizer(prepared, question);
    assertEquals(data.tokenizer, null);
    const shards = tinyConfig(join(corpus, "train"), AUTO);
    assertEquals(
      (await chooseTokenizer(shards, question)).data.tokenizer,
      null,
    );
  }));

Deno.test("a planned run that names no tokenizer gets one that suits its time", () =>
  withFolder(async (folder) => {
    const question = { out: folder, rate, planned: true, law: USUAL_LAW };
    const chosen = async (
      budget: string,
      changes: Partial<typeof question> = {},
    ) => {
      const config = tinyConfig(await writeText(folder), {
        "train.steps": "null",
        "train.budget": budget,
      });
      const { data } = await chooseTokenizer(config, {
        ...question,
        ...changes,
      });
      return data.tokenizer;
    };
    assertEquals(await chosen("1m"), join(folder, "tokenizer"));
    // A model that is given had its tokens in mind, and so had a law of one's
    // own.
    assertEquals(await chosen("1m", { planned: false }), null);
    const own = { ...USUAL_LAW, name: "law.json" };
    assertEquals(await chosen("1m", { law: own }), null);
    assertEquals(
      await chosen("1m", { law: { ...own, vocabulary: 272 } }),
      null,
    );
  }));

Deno.test("by a law of one's own a run has as many tokens as its models had", () =>
  withFolder(async (out) => {
    const config = tinyConfig(await writeText(out), {
      "train.steps": "null",
      "train.budget": "1m",
    });
    const law = { ...USUAL_LAW, name: "law.json", vocabulary: 1008 };
    const question = { rate, planned: true, law };
    const { data, notices } = await chooseTokenizer(config, {
      ...question,
      out,
    });
    assertEquals(data.tokenizer, join(out, "tokenizer"));
    assertMatch(
      notices.join(),
      /^a vocabulary of .*, as law\.json was fitted to$/,
    );
    assertEquals(suitedVocabulary(config, question).size, 1008);
    // A run with a model of its own does not ask the law.
    const given = { ...question, planned: false };
    assertEquals(suitedVocabulary(config, given).size, 4096);
  }));

Deno.test("where nothing is trained, auto is refused", async () => {
  const { data } = parseRunConfig("", "run.yaml", AUTO);
  await assertRejects(
    () => openTokenizer(data, { seed: 1 }),
    InputError,
    "here give bytes, characters or the path",
  );
});
