import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openShard } from "../../../data/shard/shard.ts";
import type { ShardFormatName } from "../../../data/shard/shard_format.ts";
import expected from "./testdata/expected.json" with { type: "json" };

// Written by datatrove's TokenizedFile, Megatron's IndexedDatasetBuilder, and
// as llm.c and nanoGPT write theirs: tests/parity/shards.py.
const FOLDER = fromFileUrl(new URL("./testdata", import.meta.url));

Deno.test("what datatrove, Megatron, llm.c and nanoGPT wrote is read", () => {
  const cases: readonly (readonly [
    string,
    ShardFormatName,
    keyof typeof expected,
    boolean,
  ])[] = [
    ["datatrove_u16.ds", "datatrove", "u16", true],
    ["datatrove_u32.ds", "datatrove", "u32", true],
    ["megatron_u16.bin", "megatron", "u16", true],
    ["megatron_u16.idx", "megatron", "u16", true],
    ["megatron_i32.idx", "megatron", "u32", true],
    ["llmc_u16.bin", "llm.c", "u16", false],
    ["llmc_u32.bin", "llm.c", "u32", false],
    ["nanogpt.bin", "nanogpt", "u16", false],
  ];
  for (const [name, format, type, hasEnds] of cases) {
    const shard = openShard(join(FOLDER, name));
    assertEquals([shard.format, shard.dtype], [format, type], name);
    const tokens = new Uint32Array(shard.tokenCount);
    shard.read(0, tokens);
    assertEquals([...tokens], expected[type].flat(), name);
    const ends = shard.openEnds();
    assertEquals(ends !== null, hasEnds, name);
    let end = 0;
    expected[type].forEach((ids, i) => {
      end += ids.length;
      if (ends !== null) assertEquals(ends.end(i), end, name);
    });
    if (ends !== null) assertEquals(ends.count, expected[type].length, name);
    ends?.close();
    shard.close();
  }
});
