import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { inspectShard } from "../../../data/inspect/inspect_shard.ts";
import { SHARD_FORMATS } from "../../../data/shard/shard_format.ts";
import { writeShards } from "../../../data/shard/shard_writer.ts";
import { ByteTokenizer } from "../../../data/tokenize/bytes.ts";
import { withFolder } from "../with_folder.ts";

const tokenizer = new ByteTokenizer();
const TEXTS = ["One.", "Two and more.", "", "Three!"];

/** The texts one after the other, an end-of-text token after each. */
function tokensOf(): { tokens: Uint32Array; ends: number[] } {
  const ids: number[] = [];
  const ends = TEXTS.map((text) => {
    ids.push(...tokenizer.encode(text), tokenizer.endOfText);
    return ids.length;
  });
  return { tokens: Uint32Array.from(ids), ends };
}

Deno.test("a shard of any format tells its documents", () =>
  withFolder(async (folder) => {
    for (const format of SHARD_FORMATS) {
      const [{ path }] = await writeShards([tokensOf()], {
        folder,
        vocabSize: tokenizer.vocabSize,
        prefix: format.replace(".", ""),
        format,
      });
      const shard = inspectShard(path, tokenizer, 2);
      assertEquals(shard.format, format);
      assertEquals([shard.dtype, shard.largestToken], ["u16", 256]);
      assertEquals(shard.boundaries, "file");
      assertEquals(shard.beginnings.map(({ text }) => text), TEXTS.slice(0, 2));
      // Lengths with the end-of-text token: 1, 5, 7, 14.
      assertEquals(shard.lengths, {
        count: 4,
        minimum: 1,
        median: 5,
        mean: 27 / 4,
        ninetieth: 14,
        maximum: 14,
      });
    }
  }));

Deno.test("without ends beside it the end-of-text tokens tell documents", () =>
  withFolder(async (folder) => {
    const [{ path }] = await writeShards([tokensOf().tokens], {
      folder,
      vocabSize: tokenizer.vocabSize,
    });
    const shard = inspectShard(path, tokenizer, 9);
    assertEquals(shard.boundaries, "end of text");
    assertEquals(shard.beginnings.map(({ text }) => text), TEXTS);
    const unknown = inspectShard(path, null, 9);
    assertEquals([unknown.boundaries, unknown.lengths], ["unknown", null]);
    const damaged = join(folder, "damaged.bin");
    await Deno.writeFile(damaged, (await Deno.readFile(path)).slice(0, 1030));
    assertThrows(() => inspectShard(damaged, tokenizer, 1), InputError);
  }));
