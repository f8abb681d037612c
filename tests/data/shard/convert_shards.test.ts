import { assertEquals, assertRejects } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { convertShards } from "../../../data/shard/convert_shards.ts";
import { openShard } from "../../../data/shard/shard.ts";
import { writeShards } from "../../../data/shard/shard_writer.ts";
import { withFolder } from "../with_folder.ts";

Deno.test("tokens and the ends of documents survive a change of format", () =>
  withFolder(async (folder) => {
    const tokens = Uint32Array.of(5, 6, 7, 8, 9);
    for (const name of ["a", "b"]) await Deno.mkdir(`${folder}/${name}`);
    const [written] = await writeShards([{ tokens, ends: [2, 5] }], {
      folder: `${folder}/a`,
      vocabSize: 10,
    });
    const [converted] = await convertShards([written.path], {
      folder: `${folder}/b`,
      to: "megatron",
    });
    const shard = openShard(converted.path);
    const read = new Uint32Array(5);
    shard.read(0, read);
    const ends = shard.openEnds();
    assertEquals([...read], [...tokens]);
    assertEquals(ends?.count, 2);
    ends?.close();
    shard.close();
  }));

Deno.test("what holds no token is not converted", () =>
  withFolder(async (folder) => {
    const path = `${folder}/empty.bin`;
    await Deno.writeTextFile(path, "");
    await assertRejects(
      () => convertShards([path], { folder: `${folder}/b`, to: "megatron" }),
      InputError,
      "there is no token in it",
    );
  }));
