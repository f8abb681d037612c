import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { primerDocuments } from "../../data/primer/primer_documents.ts";
import { withFolder } from "../data/with_folder.ts";
import { minnow, outcomeOf, startMinnow } from "../minnow.ts";
import { withSmallDisk } from "../small_disk.ts";

/** Writes `text.jsonl` of about so many bytes, and `NAME.yaml`. */
async function writeCuration(
  folder: string,
  { name = "curate", bytes = 20_000, more = "" } = {},
): Promise<string> {
  const text = join(folder, "text.jsonl");
  if (bytes > 0) {
    await Deno.writeTextFile(
      text,
      [...primerDocuments({ seed: 1, bytes })]
        .map(({ text }) => JSON.stringify({ text })).join("\n"),
    );
  }
  const path = join(folder, `${name}.yaml`);
  await Deno.writeTextFile(
    path,
    `out: ${name}
sources: [{ name: primer, paths: text.jsonl }]
steps: [normalize, exact_duplicates, normalize]
${more}`,
  );
  return path;
}

/** Hashes of all files below a folder but those that name it. */
async function hashesOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) Object.assign(found, await hashesOf(path));
    else if (!/svg|manifest/.test(name)) {
      const bytes = await Deno.readFile(path);
      found[name] = createHash("sha256").update(bytes).digest("hex");
    }
  }
  return found;
}

Deno.test("a corpus is prepared, looked into and trained on", () =>
  withFolder(async (folder) => {
    const yaml = await writeCuration(folder);
    const prepared = await minnow(["data", "prepare", yaml, "--workers", "1"]);
    assertEquals(prepared.code, 0, prepared.stderr);
    assertMatch(prepared.stdout, /^step +documents +bytes/);
    assertMatch(prepared.stdout, /exact_duplicates +/);
    assertMatch(prepared.stdout, /to learn from, .* to measure on/);

    const again = await minnow(["data", "prepare", yaml]);
    assertEquals([again.code, again.stderr], [0, ""]);
    assertMatch(again.stdout, /is up to date\n$/);

    const corpus = join(folder, "curate");
    const whole = await minnow(["data", "inspect", corpus, "--verify"]);
    assertEquals(whole.code, 0, whole.stderr);
    assertStringIncludes(whole.stdout, "tokenizer  bytes, 257 ids");
    assertStringIncludes(whole.stdout, "verified 2 files");
    const shard = join(corpus, "train", "train_000000.bin");
    const json = await minnow(["data", "inspect", shard, "--json"]);
    const { format, lengths, beginnings } = JSON.parse(json.stdout);
    assertEquals(format, "llm.c");
    assert(lengths.count > 10 && beginnings.length === 3);

    const trained = await minnow([
      ...["train", "--data", corpus, "--steps", "1", "--tune", "off"],
      ...["--out", join(folder, "run"), "--config", "train.context=16"],
      ...["--config", "train.batch=1", "--config", "sample.prompts=[]"],
      ...["--config", "evaluate.tokens=64"],
    ]);
    assertEquals(trained.code, 0, trained.stderr);
    // The corpus is used where it is.
    assertEquals(
      [...Deno.readDirSync(join(folder, "run"))].map(({ name }) => name)
        .includes("data"),
      false,
    );

    // One bit of a shard flips.
    const bytes = await Deno.readFile(shard);
    bytes[2000] ^= 1;
    await Deno.writeFile(shard, bytes);
    const broken = await minnow(["data", "inspect", corpus, "--verify"]);
    assertEquals(broken.code, 1);
    assertStringIncludes(broken.stdout, "train_000000.bin: its SHA-256 is");
  }));

Deno.test("killed in the middle, the same command ends with the same files", () =>
  withFolder(async (folder) => {
    const whole = await writeCuration(folder, { name: "whole", bytes: 4e6 });
    const killed = await writeCuration(folder, { name: "killed", bytes: 0 });
    assertEquals((await minnow(["data", "prepare", whole])).code, 0);

    const child = startMinnow(["data", "prepare", killed]);
    const outcome = outcomeOf(child);
    const stages = join(folder, "killed.stages");
    const isDone = (stage: number) => {
      try {
        return [...Deno.readDirSync(stages)].some(({ name }) =>
          name.startsWith(`${stage}-`) &&
          Deno.statSync(join(stages, name, "stage.json")).isFile
        );
      } catch {
        return false;
      }
    };
    while (!isDone(1)) await new Promise((done) => setTimeout(done, 2));
    child.kill("SIGKILL");
    await outcome;
    assertEquals(
      [...Deno.readDirSync(folder)].some(({ name }) => name === "killed"),
      false,
    );

    const resumed = await minnow(["data", "prepare", killed]);
    assertEquals(resumed.code, 0, resumed.stderr);
    assertStringIncludes(resumed.stderr, "reading, normalize: done before");
    const hashes = await hashesOf(join(folder, "whole"));
    assert(Object.keys(hashes).length >= 6);
    assertEquals(
      await hashesOf(join(folder, "killed")),
      Object.fromEntries(
        Object.entries(hashes).map(([name, hash]) => [name, hash]),
      ),
    );
  }));

Deno.test("two runs do not work on one corpus", () =>
  withFolder(async (folder) => {
    const yaml = await writeCuration(folder, { bytes: 4e6 });
    const first = startMinnow(["data", "prepare", yaml]);
    const outcome = outcomeOf(first);
    const lock = join(folder, "curate.stages", ".lock");
    while (!await Deno.stat(lock).then(() => true, () => false)) {
      await new Promise((done) => setTimeout(done, 2));
    }
    // Give it the moment between making the file and locking it.
    await new Promise((done) => setTimeout(done, 20));
    const second = await minnow(["data", "prepare", yaml]);
    assertEquals(second.code, 2);
    assertMatch(
      second.stderr,
      /^minnow: Cannot prepare '[^']*': another process does so already/,
    );
    assertEquals((await outcome).code, 0);
  }));

Deno.test("bad input ends with code 2, one line and nothing in place", () =>
  withFolder(async (folder) => {
    const yaml = await writeCuration(folder);
    const text = await Deno.readTextFile(yaml);
    await Deno.mkdir(join(folder, "empty"));
    const cases: [from: string, to: string, message: RegExp][] = [
      [
        "exact_duplicates",
        "exact_duplicate",
        /curate\.yaml: steps\[1\]: unknown step "exact_duplicate"; did you mean "exact_duplicates"\?/,
      ],
      ["steps:", "step:", /unknown key "step"; did you mean "steps"\?/],
      ["text.jsonl", "empty", /the folder '[^']*empty'/],
      ["text.jsonl", "none.jsonl", /there is no such file or folder/],
      ["out: curate", "out: empty/..", /is no prepared corpus/],
      [
        "steps:",
        "tokenizer: none.json\nsteps:",
        /Cannot load the tokenizer '[^']*none\.json'/,
      ],
      ["text.jsonl", "text.jsonl, text_field: txet", /text\.jsonl.*"txet"/],
    ];
    for (const [from, to, message] of cases) {
      await Deno.writeTextFile(yaml, text.replace(from, to));
      const { code, stderr } = await minnow(["data", "prepare", yaml]);
      assertMatch(stderr, message);
      assertMatch(stderr, /^minnow: [^\n]*\n$/);
      assertEquals(code, 2, stderr);
      const left = [...Deno.readDirSync(folder)].map(({ name }) => name)
        // Text is only found to be bad when it is read.
        .filter((name) =>
          to.includes("txet") ? name !== "curate.stages" : true
        );
      assertEquals(left.sort(), ["curate.yaml", "empty", "text.jsonl"]);
    }
    const missing = await minnow(["data", "prepare", `${yaml}x`]);
    assertEquals(missing.code, 2);
    const nothing = await minnow(["data", "inspect", join(folder, "none")]);
    assertEquals(nothing.code, 2);
    assertMatch(nothing.stderr, /there is no such file or folder/);
    const noShard = await minnow(["data", "inspect", yaml]);
    assertEquals(noShard.code, 2);
  }));

Deno.test("a full disk is a failure that loses nothing", () =>
  withSmallDisk(6 << 20, (disk) =>
    withFolder(async (folder) => {
      const yaml = await writeCuration(folder, { bytes: 1e6 });
      const out = join(disk, "corpus");
      const prepare = () =>
        minnow(["data", "prepare", yaml, "--out", out, "--workers", "1"]);
      assertEquals((await prepare()).code, 0);
      const before = await hashesOf(out);
      // More than there is room for.
      await writeCuration(folder, { bytes: 3e6 });
      const full = await prepare();
      assertEquals(full.code, 1, full.stderr);
      assertMatch(
        full.stderr,
        /minnow: Cannot (prepare|write) '[^']*': no space is left[^\n]*\n$/,
      );
      assertEquals(await hashesOf(out), before);
      assertEquals(
        [...Deno.readDirSync(disk)].map(({ name }) => name).sort(),
        ["corpus", "corpus.stages"],
      );
    })));
