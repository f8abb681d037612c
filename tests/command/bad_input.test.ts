import { assert, assertEquals, assertMatch } from "@std/assert";
import { basename, join } from "@std/path";
import { writeShards } from "../../data/shard/shard_writer.ts";
import { withFolder } from "../data/with_folder.ts";
import { minnow, type Outcome } from "../minnow.ts";
import {
  TINY_YAML,
  tinyConfig,
  trainTiny,
  writeText,
} from "../model/tiny_run.ts";

/** What a test has at hand: a good text and a good configuration. */
interface Place {
  readonly folder: string;
  readonly data: string;
  readonly yaml: string;
}

async function withPlace(body: (place: Place) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const yaml = join(folder, "tiny.yaml");
    await Deno.writeTextFile(yaml, TINY_YAML);
    await body({ folder, data: await writeText(folder), yaml });
  });
}

function train(
  { folder, yaml }: Place,
  ...args: readonly string[]
): Promise<Outcome> {
  return minnow(["train", yaml, ...args], { cwd: folder });
}

/** Asserts that the outcome is bad input, told in one line, and nothing more. */
function assertBadInput(
  { code, stdout, stderr }: Outcome,
  message: RegExp,
): void {
  assertEquals(code, 2, stderr);
  assertMatch(stderr, /^minnow: [^\n]+\n$/);
  assertMatch(stderr, message);
  assertEquals(stdout, "");
}

Deno.test("a file or folder without text is named", () =>
  withPlace(async (place) => {
    const path = (name: string) => join(place.folder, name);
    await Deno.mkdir(path("nothing"));
    await Deno.writeTextFile(path("empty.txt"), "");
    await Deno.writeTextFile(path("blank.jsonl"), "\n\n");
    for (
      const [name, message] of [
        ["missing.txt", /missing\.txt': there is no such file or folder/],
        ["nothing", /nothing': it holds no file that ends in \.txt/],
        ["empty.txt", /empty\.txt': the file is empty/],
        ["blank.jsonl", /blank\.jsonl': there is no text in it/],
      ] as const
    ) {
      assertBadInput(await train(place, "--data", path(name)), message);
    }
    assertBadInput(
      await minnow(["train", path("missing.yaml")]),
      /Cannot read '[^']*missing\.yaml': there is no such file/,
    );
  }));

Deno.test("a key that is unknown or has a wrong value is named", () =>
  withPlace(async (place) => {
    const yaml = join(place.folder, "bad.yaml");
    for (
      const [text, message] of [
        [
          "train: { stesp: 10 }",
          /bad\.yaml: unknown key "train\.stesp"; did you mean "train\.steps"/,
        ],
        ["trian: { steps: 10 }", /unknown key "trian/],
        ["train: { steps: many }", /bad\.yaml: "train\.steps" is "many"/],
        ["train: { batch: -4 }", /bad\.yaml: "train\.batch" is -4/],
        ["train: { batch: 1.5 }", /"train\.batch" is 1\.5/],
        ["model: { family: lstm }", /"model\.family" is "lstm"/],
        ["train: [1, 2]", /"train" is \[1,2\]/],
        ["train: {", /bad\.yaml: is not valid YAML/],
        ["model: { family: gpt2, n_embd: 30, n_head: 4 }", /n_embd.*n_head/],
      ] as const
    ) {
      await Deno.writeTextFile(yaml, text);
      const outcome = await train({ ...place, yaml }, "--data", place.data);
      assertBadInput(outcome, message);
    }
    assertBadInput(
      await train(place, "--config", "train.batch=-4"),
      /--config: "train\.batch" is -4/,
    );
    assertBadInput(
      await train(place, "--config", "train.batch"),
      /'--config' cannot be 'train\.batch': write KEY=VALUE/,
    );
  }));

Deno.test("nonsense budgets are refused before anything is trained", () =>
  withPlace(async (place) => {
    const short = join(place.folder, "short.txt");
    await Deno.writeTextFile(short, "A hundred bytes. ".repeat(6));
    const long = join(place.folder, "long.txt");
    await Deno.writeTextFile(long, "Twenty-two bytes long.".repeat(10_000));
    for (
      const [args, message] of [
        [["--budget", "0s"], /"train\.budget" is "0s"/],
        [["--budget", "3650d"], /Cannot plan a run of .*at most a year/],
        [["--memory", "much"], /"memory\.limit" is "much"/],
        [["--memory", "100kB"], /No model trains in .*the smallest one takes/],
        [[], /at least 10000 different ones/],
      ] as const
    ) {
      const outcome = await minnow([
        "train",
        "--data",
        args.length === 0 ? short : long,
        "--out",
        join(place.folder, "run"),
        ...args,
      ]);
      assertBadInput(outcome, message);
    }
    // With a model of one's own as well.
    assertBadInput(
      await train(place, "--data", place.data, "--budget", "3650d"),
      /at most a year/,
    );
    assertBadInput(
      await train(place, "--data", place.data, "--memory", "10kB"),
      /This run needs at least .* memory\.limit is 9\.77 KiB/,
    );
  }));

Deno.test("a mistyped command or option is told the right one", async () => {
  assertBadInput(await minnow(["trian"]), /'trian': did you mean 'train'\?/);
  assertBadInput(
    await minnow(["train", "--dta", "x"]),
    /'--dta' for 'train': did you mean '--data'\?/,
  );
  assertBadInput(
    await minnow(["train", "--steps", "0"]),
    /'--steps' cannot be '0': it has to be a whole number of at least 1/,
  );
  assertBadInput(
    await minnow(["train", "--budget", "soon"]),
    /"train\.budget" is "soon"/,
  );
  assertBadInput(
    await minnow(["generate"]),
    /'generate' needs 1 argument, got 0/,
  );
  assertBadInput(
    await minnow(["generate", "nowhere"]),
    /Cannot load 'nowhere': there is no such file or folder/,
  );
});

Deno.test("a damaged token shard is named", () =>
  withPlace(async (place) => {
    const [{ path }] = await writeShards(
      [Uint32Array.from({ length: 4000 }, (_, i) => i % 300)],
      { folder: place.folder, vocabSize: 300, shardTokens: 4000 },
    );
    const good = await Deno.readFile(path);
    for (
      const [bytes, message] of [
        [good.with(0, 1), "begins with \\d+, not with the magic number 2024"],
        [good.with(4, 9), "its version is 9"],
        [
          good.subarray(0, -1000),
          "claims 4000 tokens, which makes 9024 bytes, and has 8024",
        ],
        [good.subarray(0, 100), "it has 100 bytes, fewer than the 1024"],
      ] as const
    ) {
      await Deno.writeFile(path, bytes);
      assertBadInput(
        await train(place, "--data", path),
        new RegExp(`${basename(path)}'?: .*${message}`),
      );
    }
  }));

Deno.test("an id beyond the vocabulary is named by its place", () =>
  withPlace(async (place) => {
    const ids = new Uint32Array(4000);
    ids[77] = 257;
    const [{ path }] = await writeShards([ids], {
      folder: place.folder,
      vocabSize: 300,
      shardTokens: 4000,
    });
    // Ids are checked as they are read, which may be some steps later.
    const outcome = await train(place, "--data", path, "--json");
    assertEquals(outcome.code, 2);
    assertEquals(
      outcome.stderr,
      `minnow: Cannot use the token shard '${path}': token 77 is 257 and the ` +
        `vocabulary has 257 ids; was it made with another tokenizer?\n`,
    );
  }));

Deno.test("a broken line of JSONL is named, or skipped and counted", () =>
  withPlace(async (place) => {
    const path = join(place.folder, "lines.jsonl");
    const text = await Deno.readTextFile(place.data);
    const lines = text.split("\n").map((text) => JSON.stringify({ text }));
    await Deno.writeTextFile(
      path,
      lines.with(6, '{"text": "unfinished').with(8, '{"title": "x"}')
        .join("\n"),
    );
    assertBadInput(
      await train(place, "--data", path),
      /Cannot read the line [^ ]*lines\.jsonl:7: it is not JSON/,
    );
    const outcome = await train(
      place,
      ...["--data", path, "--skip-bad", "--steps", "1", "--json"],
    );
    assertEquals(outcome.code, 0, outcome.stderr);
    assertMatch(
      outcome.stdout,
      /bad input was skipped: 1 bad_json, 1 no_text_field/,
    );
    // With --json all of stdout is for machines.
    const events = outcome.stdout.trimEnd().split("\n")
      .map((line): { type: string } => JSON.parse(line));
    assertEquals(events[0].type, "started");
    assertEquals(events[events.length - 1].type, "finished");
    assert(events.some(({ type }) => type === "step"));
  }));

Deno.test("a text too short or a prompt too long for the model is refused", () =>
  withPlace(async (place) => {
    const path = join(place.folder, "short.txt");
    await Deno.writeTextFile(path, "A few words.\nAnd more.\n");
    assertBadInput(
      await train(place, "--data", path),
      /part of \d+ tokens: one sequence of 32 takes 33/,
    );
    const prompts = `sample.prompts=["${"word ".repeat(7)}"]`;
    assertBadInput(
      await train(place, "--data", place.data, "--config", prompts),
      /"sample\.prompts" has a text of 35 tokens, and the model takes 32/,
    );
  }));

Deno.test("a damaged checkpoint is named by what generates from it", () =>
  withPlace(async ({ folder, data }) => {
    const out = join(folder, "run");
    const config = tinyConfig(data, { "train.steps": "1" });
    await trainTiny({ config, out });
    const checkpoint = join(out, "checkpoints", "step-1");
    const generate = (...options: readonly string[]) =>
      minnow(["generate", out, "--tokens", "1", ...options]);
    for (
      const [name, message] of [
        ["model.safetensors", /model\.safetensors'.*(damaged|truncated)/],
        ["config.json", /config\.json' is not a readable JSON file/],
        ["tokenizer.json", /tokenizer\.json/],
      ] as const
    ) {
      const path = join(checkpoint, name);
      const bytes = await Deno.readFile(path);
      await Deno.truncate(path, bytes.length >> 1);
      assertBadInput(await generate(), message);
      await Deno.writeFile(path, bytes);
    }
    const path = join(checkpoint, "config.json");
    const text = await Deno.readTextFile(path);
    const write = (from: string, to: string) =>
      Deno.writeTextFile(path, text.replace(from, to));
    await write('"n_layer": 2', '"n_layer": 3');
    assertBadInput(await generate(), /tensor "transformer\.h\.2\..*is missing/);
    await write('"n_embd": 32', '"n_embd": 64');
    assertBadInput(await generate(), /is \[.*\] and config\.json asks for \[/);
    await Deno.writeTextFile(path, text);
    assertBadInput(
      await generate("--prompt", "word ".repeat(7)),
      /Cannot continue a prompt of 35 tokens: the model takes 32/,
    );
    const good = await generate();
    assertEquals(good.code, 0, good.stderr);
  }));

Deno.test({
  name: "a machine without a GPU is told what to install",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withPlace(async (place) => {
      const env = {
        // No Vulkan driver is found, and no other interface is tried.
        VK_DRIVER_FILES: "/nonexistent",
        VK_ICD_FILENAMES: "/nonexistent",
        DENO_WEBGPU_BACKEND: "vulkan",
      };
      const advice =
        /No GPU adapter was found\..*apt-get install mesa-vulkan-drivers/;
      for (const args of [["doctor"], ["train", "--data", place.data]]) {
        assertBadInput(await minnow(args, { cwd: place.folder, env }), advice);
      }
      const { code, stderr } = await minnow(["doctor", "--verbose"], { env });
      assertEquals(code, 2);
      // Where it came from is for those who ask.
      assertMatch(stderr, /^minnow: No GPU adapter[^\n]*\n[^]*\n +at /);
    }),
});
