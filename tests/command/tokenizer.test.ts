import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openShard } from "../../data/shard/shard.ts";
import { loadTokenizer } from "../../data/tokenize/load_tokenizer.ts";
import { withFolder } from "../data/with_folder.ts";
import { minnow } from "../minnow.ts";

Deno.test("a vocabulary is trained, and encodes lines and token files", () =>
  withFolder(async (folder) => {
    const run = async (...args: string[]) => {
      const outcome = await minnow(["tokenizer", ...args], { cwd: folder });
      assertEquals(outcome.code, 0, outcome.stderr);
      return outcome.stdout;
    };
    const texts = ["low lower lowest", "newer, wider"];
    await Deno.writeTextFile(
      join(folder, "text.jsonl"),
      texts.map((text) => JSON.stringify({ text }) + "\n").join(""),
    );
    assertMatch(
      await run("train", "text.jsonl", "--vocab-size", "264"),
      /^264 tokens with 7 merges, \d\.\d\d bytes per token\n/,
    );
    const tokenizer = await loadTokenizer(join(folder, "tokenizer.json"));
    const expected = texts.map((text) => [...tokenizer.encode(text)]);
    const encode = ["encode", "text.jsonl", "--tokenizer", "tokenizer.json"];
    assertEquals(
      await run(...encode),
      expected.map((ids) => ids.join(" ") + "\n").join(""),
    );
    assertEquals(
      (await run(...encode, "--json", "--workers", "2")).trim().split("\n")
        .map((line) => JSON.parse(line).ids),
      expected,
    );
    await run(...encode, "--out", "tokens");
    const shard = openShard(join(folder, "tokens", "tokens_000000.bin"));
    try {
      const tokens = new Uint32Array(shard.tokenCount);
      shard.read(0, tokens);
      assertEquals(
        [...tokens],
        expected.flatMap((ids) => [...ids, 0]),
      );
    } finally {
      shard.close();
    }
  }));

Deno.test("tokenizer commands name what is wrong", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "text.txt"), "text");
    const refused = async (args: string[], what: string) => {
      const { code, stderr } = await minnow(["tokenizer", ...args], {
        cwd: folder,
      });
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, what);
      assertEquals(stderr.trim().split("\n").length, 1);
    };
    await refused(["train", "none.txt"], "'none.txt'");
    await refused(["train", "text.txt", "--split", "gpt3"], "gpt3");
    await refused(["train", "text.txt", "--out", "vocab"], "'vocab'");
    await refused(["encode", "text.txt"], "--tokenizer FILE");
    await refused(
      ["encode", "text.txt", "--tokenizer", "bytes", "--out", "text.txt"],
      "it exists already",
    );
  }));
