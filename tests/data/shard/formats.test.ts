import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import type { DocumentTokens } from "../../../data/shard/piece_stream.ts";
import { openShard, type ShardOptions } from "../../../data/shard/shard.ts";
import {
  SHARD_FORMATS,
  type ShardFormatName,
} from "../../../data/shard/shard_format.ts";
import { writeShards } from "../../../data/shard/shard_writer.ts";
import { TokenSource } from "../../../data/shard/token_source.ts";
import { withFolder } from "../with_folder.ts";

interface Content {
  readonly tokens: number[];
  readonly ends: number[] | null;
}

/** Reads all of a shard. */
function contentOf(path: string, options: ShardOptions = {}): Content {
  const shard = openShard(path, options);
  const tokens = new Uint32Array(shard.tokenCount);
  shard.read(0, tokens);
  const ends = shard.openEnds();
  const list = ends &&
    Array.from({ length: ends.count }, (_, i) => ends.end(i));
  ends?.close();
  shard.close();
  return { tokens: [...tokens], ends: list };
}

/** Writes one small shard of three documents. */
async function writeSmall(
  folder: string,
  format: ShardFormatName,
): Promise<string> {
  const [{ path }] = await writeShards(
    [{ tokens: Uint32Array.of(7, 8, 0, 9, 0, 5), ends: [3, 5] }],
    { folder, vocabSize: 10, format, prefix: format },
  );
  return path;
}

/** The bytes of Megatron's index, from numpy's types. */
function megatronIndex(
  fields: {
    readonly magic?: string;
    readonly version?: number;
    readonly code?: number;
    readonly counts?: readonly [number, number];
    readonly lengths?: readonly number[];
    readonly offsets?: readonly number[];
    readonly documents?: readonly number[];
  } = {},
): Uint8Array {
  const {
    magic = "MMIDIDX\0\0",
    version = 1,
    code = 8,
    lengths = [2, 4],
    offsets = [0, 4],
    documents = [0, 1, 2],
  } = fields;
  const [sequences, marks] = fields.counts ??
    [lengths.length, documents.length];
  const size = 34 + lengths.length * 4 + offsets.length * 8 +
    documents.length * 8;
  const view = new DataView(new ArrayBuffer(size));
  [...magic].forEach((letter, i) => view.setUint8(i, letter.charCodeAt(0)));
  view.setBigUint64(9, BigInt(version), true);
  view.setUint8(17, code);
  view.setBigUint64(18, BigInt(sequences), true);
  view.setBigUint64(26, BigInt(marks), true);
  let at = 34;
  for (const length of lengths) view.setInt32((at += 4) - 4, length, true);
  for (const value of [...offsets, ...documents]) {
    view.setBigInt64((at += 8) - 8, BigInt(value), true);
  }
  return new Uint8Array(view.buffer);
}

Deno.test("every format gives back tokens and documents, mapped or not", () =>
  withFolder(async (folder) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    for (let trial = 0; trial < 16; trial++) {
      const format = random.pick(SHARD_FORMATS);
      const vocabSize = format === "nanogpt"
        ? 65_536
        : random.pick([300, 65_536, 100_000]);
      const tokens = Uint32Array.from(
        { length: random.integer(2000) },
        () => random.integer(vocabSize),
      );
      const ends: number[] = [];
      const pieces: DocumentTokens[] = [];
      for (let at = 0; at < tokens.length;) {
        const piece = tokens.subarray(at, at + 1 + random.integer(300));
        const inside = Array.from(
          { length: random.integer(5) },
          () => random.integer(piece.length + 1),
        ).sort((a, b) => a - b);
        for (const end of inside) {
          if (at + end > (ends.at(-1) ?? 0)) ends.push(at + end);
        }
        pieces.push({ tokens: piece, ends: inside });
        at += piece.length;
      }
      if ((ends.at(-1) ?? 0) < tokens.length) ends.push(tokens.length);
      const shardTokens = random.pick([1, 200]) + random.integer(1500);
      const shards = await writeShards(pieces, {
        folder,
        vocabSize,
        format,
        shardTokens,
        prefix: `t${trial}`,
      });
      const where = `seed ${seed} trial ${trial} ${format}`;
      const paths = shards.map(({ path }) => path);
      for (const mmap of ["auto", "off"] as const) {
        const read = paths.map((path) => contentOf(path, { mmap }));
        assertEquals(read.flatMap((each) => each.tokens), [...tokens], where);
        let start = 0;
        const joined: number[] = [];
        read.forEach((each, i) => {
          joined.push(...(each.ends ?? []).map((end) => start + end));
          start += each.tokens.length;
          assertEquals(each.ends?.length ?? 0, shards[i].documents, where);
          // Every file but the last is full, and no document before was.
          const before = each.ends?.at(-2) ?? 0;
          assert(before < shardTokens, where);
          if (i + 1 < read.length) {
            assert(each.tokens.length >= shardTokens, where);
          }
        });
        // No document was cut.
        assertEquals(tokens.length === 0 ? [] : joined, ends, where);
      }
      const from = random.integer(tokens.length + 1);
      const to = from + random.integer(tokens.length - from + 1);
      const source = TokenSource.open(paths, {
        vocabSize,
        start: from,
        end: to,
      });
      const stretch = source.documents();
      const found = Array.from(
        { length: stretch?.count ?? 0 },
        (_, i) => stretch?.end(i),
      );
      const expected = from === to
        ? []
        : [...ends.filter((end) => end > from && end < to), to].map((end) =>
          end - from
        );
      if (stretch !== null) assertEquals(found, expected, where);
      source.close();
    }
  }));

Deno.test("tokens without documents are written as before, with no index", () =>
  withFolder(async (folder) => {
    const path = await writeSmall(folder, "llm.c");
    assertEquals(contentOf(path).ends, [3, 5, 6]);
    const [again] = await writeShards([Uint32Array.of(1, 2)], {
      folder,
      vocabSize: 10,
      prefix: "llm.c",
    });
    assertEquals(again, { path, tokens: 2, documents: null });
    // The index of the file that was there would belong to other tokens.
    assertEquals(contentOf(path), { tokens: [1, 2], ends: null });
    for (const format of ["datatrove", "megatron"] as const) {
      const [shard] = await writeShards([Uint32Array.of(1, 2)], {
        folder,
        vocabSize: 10,
        format,
        prefix: format,
      });
      // These formats have no way of not saying.
      assertEquals(contentOf(shard.path).ends, [2]);
    }
  }));

Deno.test("a document's end may come after its tokens", () =>
  withFolder(async (folder) => {
    const shards = await writeShards([
      { tokens: Uint32Array.of(1, 2), ends: [] },
      { tokens: new Uint32Array(), ends: [0] },
      { tokens: Uint32Array.of(3), ends: [1] },
      { tokens: new Uint32Array(), ends: [0, 0] },
    ], { folder, vocabSize: 10 });
    assertEquals(shards.map(({ documents }) => documents), [2]);
    assertEquals(contentOf(shards[0].path).ends, [2, 3]);
  }));

Deno.test("ends that decrease or lie outside of their piece are refused", () =>
  withFolder(async (folder) => {
    for (const ends of [[2, 1], [4], [-1], [NaN]]) {
      const outcome = await writeShards(
        [{ tokens: Uint32Array.of(1, 2, 3), ends }],
        { folder, vocabSize: 10 },
      ).catch((error) => error);
      assert(outcome instanceof RangeError, String(ends));
    }
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("nanoGPT's format takes ids of two bytes only", () =>
  withFolder(async (folder) => {
    const outcome = await writeShards([Uint32Array.of(1)], {
      folder,
      vocabSize: 65_537,
      format: "nanogpt",
    }).catch((error) => error);
    assert(outcome instanceof InputError);
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("raw u16 is nanoGPT's; what once was a header is damaged", () =>
  withFolder(async (folder) => {
    const path = join(folder, "train.bin");
    await Deno.writeFile(path, Uint8Array.of(1, 0, 2, 0, 1, 1));
    assertEquals(contentOf(path), { tokens: [1, 2, 257], ends: null });
    await Deno.writeFile(path, Uint8Array.of(1, 0, 2));
    assertThrows(() => openShard(path), InputError, "it has 3 bytes, an odd");
    const zeros = new Uint8Array(2000);
    zeros[0] = 77;
    await Deno.writeFile(path, zeros);
    assertThrows(() => openShard(path), InputError, "begins with 77");
    assertEquals(contentOf(path, { format: "nanogpt" }).tokens.length, 1000);
    await Deno.writeFile(path, new Uint8Array());
    assertEquals(contentOf(path), { tokens: [], ends: null });
  }));

Deno.test("an index of documents that cannot be is an input error", () =>
  withFolder(async (folder) => {
    const path = await writeSmall(folder, "llm.c");
    const refuses = async (
      ends: readonly (number | bigint)[],
      message: string,
      cut = 0,
    ): Promise<void> => {
      const bytes = new Uint8Array(BigUint64Array.from(ends, BigInt).buffer);
      await Deno.writeFile(
        `${path}.index`,
        bytes.subarray(0, bytes.length - cut),
      );
      const shard = openShard(path);
      assertThrows(() => shard.openEnds(), InputError, message);
      shard.close();
    };
    await refuses([3, 2, 6], "document 1 ends at 2, before");
    await refuses([3, 7], "document 1 ends at 7, and there are 6 tokens");
    await refuses([2n ** 64n - 1n], "and there are 6 tokens");
    await refuses([3, 5], "its 2 documents end at 5");
    await refuses([], "its 0 documents end at 0");
    await refuses([3, 6], "no multiple of 8", 3);
  }));

Deno.test("datatrove's ids have the size that its files say", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x.ds");
    const ids = Uint32Array.of(70_000, 1, 2);
    await Deno.writeFile(path, new Uint8Array(ids.buffer));
    const ends = BigUint64Array.of(1n, 3n);
    await Deno.writeFile(`${path}.index`, new Uint8Array(ends.buffer));
    assertEquals(contentOf(path), { tokens: [...ids], ends: [1, 3] });
    await Deno.writeTextFile(`${path}.metadata`, "gpt|4|4\n3\n3 T");
    assertEquals(contentOf(path), { tokens: [...ids], ends: [1, 3] });

    await Deno.writeTextFile(`${path}.metadata`, "gpt|4\n4\n4 T");
    assertThrows(() => openShard(path), InputError, "counts 4 tokens");
    await Deno.writeTextFile(`${path}.metadata`, "gpt|3\n4\n4 T");
    assertThrows(() => openShard(path), InputError, "ends with '3'");
    await Deno.writeTextFile(`${path}.metadata`, "");
    assertThrows(() => openShard(path), InputError, "ends with ''");
    await Deno.remove(`${path}.metadata`);
    await Deno.truncate(path, 10);
    assertThrows(() => openShard(path), InputError, "x.ds.index'");
    await Deno.remove(`${path}.index`);
    assertEquals(contentOf(path).tokens.length, 5);
    await Deno.truncate(path, 9);
    assertThrows(() => openShard(path), InputError, "it has 9 bytes");
  }));

Deno.test("Megatron's index is checked before it is used", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x.bin");
    const idx = join(folder, "x.idx");
    const ids = Uint16Array.of(1, 2, 3, 4, 5, 6);
    await Deno.writeFile(path, new Uint8Array(ids.buffer));
    const give = (bytes: Uint8Array) => Deno.writeFile(idx, bytes);
    await give(megatronIndex());
    const expected = { tokens: [...ids], ends: [2, 6] };
    assertEquals(contentOf(path), expected);
    assertEquals(contentOf(idx), expected);
    // Two sequences in one document, and an empty document after it.
    await give(megatronIndex({ documents: [0, 2, 2] }));
    assertEquals(contentOf(path).ends, [6, 6]);
    // int32 ids
    await give(
      megatronIndex({ code: 4, lengths: [1, 2], offsets: [0, 4] }),
    );
    assertEquals(contentOf(idx).tokens, [0x20001, 0x40003, 0x60005]);

    const refuses = async (bytes: Uint8Array, message: string) => {
      await give(bytes);
      assertThrows(() => openShard(path), InputError, message);
    };
    await refuses(new Uint8Array(33), "it has 33 bytes");
    await refuses(megatronIndex({ magic: "MMIDIDY" }), "MMIDIDX");
    await refuses(megatronIndex({ version: 2 }), "version is 2");
    for (const code of [0, 1, 5, 7, 9, 255]) {
      await refuses(megatronIndex({ code }), `code ${code};`);
    }
    await refuses(megatronIndex({ counts: [3, 3] }), "it has 82 bytes");
    await refuses(
      megatronIndex({ counts: [2 ** 52, 3] }),
      "it is cut off or damaged",
    );
    await refuses(megatronIndex().subarray(0, 80), "it has 80 bytes");
    await refuses(megatronIndex({ lengths: [2, -4] }), "the length -4");
    await refuses(megatronIndex({ lengths: [2, 5] }), "counts 7 tokens");
    await refuses(megatronIndex({ lengths: [2, 3] }), "counts 5 tokens");
    await refuses(megatronIndex({ offsets: [0, 400] }), "at byte 400");
    await refuses(megatronIndex({ offsets: [0, -2] }), "sequence 1 begins");
    await refuses(megatronIndex({ documents: [0, 2, 1] }), "sequence 1 of 2");
    await refuses(megatronIndex({ documents: [0, 3] }), "sequence 3 of 2");
    await refuses(megatronIndex({ documents: [1, 2] }), "sequence 1 of 2");
    await refuses(megatronIndex({ documents: [0, 1] }), "documents end at 2");
    await refuses(megatronIndex({ documents: [] }), "its 0 documents");
    await give(megatronIndex());
    await Deno.truncate(path, 11);
    assertThrows(() => openShard(path), InputError, "and it has 11 bytes");
    await Deno.remove(path);
    assertThrows(() => openShard(idx), InputError, "x.bin'");
    await Deno.remove(idx);
    assertThrows(() => openShard(idx), InputError, "x.idx'");
  }));

Deno.test("a mapped shard that is cut while in use is an input error", () =>
  withFolder(async (folder) => {
    const [{ path }] = await writeShards([new Uint32Array(100_000)], {
      folder,
      vocabSize: 10,
    });
    for (const mmap of ["auto", "off"] as const) {
      const shard = openShard(path, { mmap });
      await Deno.truncate(path, 4096);
      await new Promise((resolve) => setTimeout(resolve, 150));
      assertThrows(
        () => shard.read(90_000, new Uint32Array(10)),
        InputError,
        "it was cut while in use",
      );
      shard.close();
      await writeShards([new Uint32Array(100_000)], { folder, vocabSize: 10 });
    }
  }));

Deno.test({
  name: "a shard that is removed while in use can be read to its end",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const path = await writeSmall(folder, "llm.c");
      const shard = openShard(path);
      await Deno.remove(path);
      const tokens = new Uint32Array(6);
      shard.read(0, tokens);
      assertEquals([...tokens], [7, 8, 0, 9, 0, 5]);
      shard.close();
    }),
});
