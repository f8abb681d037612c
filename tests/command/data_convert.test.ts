import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openShard } from "../../data/shard/shard.ts";
import { writeShards } from "../../data/shard/shard_writer.ts";
import { withFolder } from "../data/with_folder.ts";
import { minnow } from "../minnow.ts";

Deno.test("tokens go through all formats and come back with their documents", () =>
  withFolder(async (folder) => {
    const tokens = Uint32Array.from({ length: 300 }, (_, i) => i * 7);
    const ends = [1, 50, 51, 299, 300];
    const [first] = await writeShards([{ tokens, ends }], {
      folder,
      vocabSize: 50_257,
    });
    let { path } = first;
    for (
      const [to, name] of [
        ["megatron", "tokens_000000.bin"],
        ["datatrove", "tokens_000000.ds"],
        ["nanogpt", "tokens_000000.bin"],
        ["llm.c", "tokens_000000.bin"],
      ]
    ) {
      const out = join(folder, to);
      const args = ["data", "convert", path, "--to", to, "--out", out];
      const { code, stdout, stderr } = await minnow([...args, "--json"]);
      assertEquals(code, 0, stderr);
      path = join(out, name);
      assertEquals(JSON.parse(stdout), {
        file: path,
        tokens: 300,
        documents: 5,
      });
      const again = await minnow(args);
      assertEquals(again.code, 2);
      assertStringIncludes(again.stderr, "it exists");
    }
    for (const file of [first.path, `${first.path}.index`]) {
      assertEquals(
        await Deno.readFile(file.replace(first.path, path)),
        await Deno.readFile(file),
      );
    }
    const shard = openShard(path);
    const read = new Uint32Array(300);
    shard.read(0, read);
    assertEquals(read, tokens);
    shard.close();
  }));

Deno.test("a conversion that cannot be is refused and leaves nothing", () =>
  withFolder(async (folder) => {
    const [{ path }] = await writeShards([Uint32Array.of(1, 70_000)], {
      folder,
      vocabSize: 100_000,
    });
    const out = join(folder, "out");
    for (
      const [args, message] of [
        [[path, "--to", "nanogpt", "--out", out], "its ids take two bytes"],
        [[path, "--to", "nanogtp", "--out", out], "nanogpt"],
        [[path, "--out", out], "without --to FORMAT"],
        [[path, "--to", "llm.c"], "without --out DIR"],
        [[join(folder, "none.ds"), "--to", "llm.c", "--out", out], "none.ds"],
      ] as const
    ) {
      const { code, stderr } = await minnow(["data", "convert", ...args]);
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, message);
    }
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));
