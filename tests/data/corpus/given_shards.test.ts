import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { openPart } from "../../../data/corpus/corpus.ts";
import { givenShards } from "../../../data/corpus/given_shards.ts";
import { InputError } from "../../../data/input_error.ts";
import type { ShardFormatName } from "../../../data/shard/shard_format.ts";
import { writeShards } from "../../../data/shard/shard_writer.ts";
import { withFolder } from "../with_folder.ts";

const TOKENIZER = { kind: "bytes", vocabSize: 257, sha256: "" };

const write = (folder: string, format: ShardFormatName, prefix: string) =>
  writeShards(
    [{ tokens: Uint32Array.from({ length: 40 }, (_, i) => i), ends: [9, 40] }],
    { folder, vocabSize: 257, format, prefix },
  );

Deno.test("tokens of every format are data, by file and by folder", () =>
  withFolder(async (folder) => {
    for (
      const [format, names] of [
        ["llm.c", ["t_000000.bin"]],
        ["nanogpt", ["t_000000.bin"]],
        ["datatrove", ["t_000000.ds"]],
        ["megatron", ["t_000000.bin", "t_000000.idx"]],
      ] as const
    ) {
      const place = join(folder, format);
      await Deno.mkdir(place);
      await write(place, format, "t");
      const files = names.map((name) => join(place, name));
      for (const paths of [[place], ...files.map((file) => [file]), files]) {
        const corpus = await givenShards(paths, TOKENIZER, 0.25);
        assertEquals(corpus?.train.tokens, 30, paths.join());
        assertEquals(corpus?.validation?.tokens, 10);
        if (!corpus) continue;
        const source = openPart(corpus.train, { vocabSize: 257 });
        const tokens = new Uint32Array(30);
        source.read(0, tokens);
        assertEquals([...tokens], [...tokens.keys()]);
        // The part ends within a document.
        const documents = source.documents();
        assertEquals(documents?.count, 2);
        assertEquals([documents?.end(0), documents?.end(1)], [9, 30]);
        source.close();
      }
    }
  }));

Deno.test("nanoGPT's folder is train.bin and val.bin", () =>
  withFolder(async (folder) => {
    for (const name of ["train", "val"]) {
      const [{ path }] = await write(folder, "nanogpt", name);
      await Deno.rename(path, join(folder, `${name}.bin`));
      await Deno.remove(`${path}.index`);
    }
    const corpus = await givenShards([folder], TOKENIZER, undefined);
    assertEquals(corpus?.train.shards, [join(folder, "train.bin")]);
    assertEquals(corpus?.validation?.shards, [join(folder, "val.bin")]);
  }));

Deno.test("half of a pair is an input error", () =>
  withFolder(async (folder) => {
    const [{ path }] = await write(folder, "megatron", "t");
    await Deno.remove(path);
    const idx = path.replace(/bin$/, "idx");
    await assertRejects(
      () => givenShards([idx], TOKENIZER, 0),
      InputError,
      "t_000000.bin'",
    );
  }));
