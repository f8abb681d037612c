import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { openShard } from "../../../data/shard/shard.ts";
import {
  writeShards,
  type WriteShardsOptions,
} from "../../../data/shard/shard_writer.ts";
import { TokenSource } from "../../../data/shard/token_source.ts";
import { withFolder } from "../with_folder.ts";

function randomTokens(
  random: Random,
  count: number,
  below: number,
): Uint32Array {
  return Uint32Array.from({ length: count }, () => random.integer(below));
}

function* cutRandomly(
  random: Random,
  tokens: Uint32Array,
): Generator<Uint32Array> {
  for (let at = 0; at < tokens.length;) {
    const next = at + random.integer(200);
    yield tokens.subarray(at, next);
    at = next;
  }
}

Deno.test("a shard has llm.c's bytes: header, then ids of two or four bytes", () =>
  withFolder(async (folder) => {
    const cases = [
      [65_536, 2, [20240520, 1]],
      [65_537, 4, [20240801, 7]],
    ] as const;
    for (const [vocabSize, size, head] of cases) {
      const [{ path, tokens }] = await writeShards(
        [Uint32Array.of(1, 2), Uint32Array.of(vocabSize - 1)],
        { folder, vocabSize },
      );
      assertEquals(tokens, 3);
      const bytes = await Deno.readFile(path);
      assertEquals(bytes.length, 1024 + 3 * size);
      const words = new Int32Array(bytes.buffer, 0, 256);
      assertEquals([...words.subarray(0, 4)], [...head, 3, 0]);
      const ids = size === 2
        ? new Uint16Array(bytes.buffer, 1024)
        : new Uint32Array(bytes.buffer, 1024);
      assertEquals([...ids], [1, 2, vocabSize - 1]);
    }
  }));

Deno.test("what is written in any pieces is read from any place, mapped or not", () =>
  withFolder(async (folder) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    for (let trial = 0; trial < 10; trial++) {
      const vocabSize = random.pick([300, 100_000]);
      const tokens = randomTokens(random, random.integer(3000), vocabSize);
      const options: WriteShardsOptions = {
        folder,
        vocabSize,
        shardTokens: 1 + random.integer(700),
        prefix: `t${trial}`,
      };
      const shards = await writeShards(cutRandomly(random, tokens), options);
      assert(shards.every(({ tokens: n }) => n <= (options.shardTokens ?? 0)));
      for (const mmap of ["auto", "off"] as const) {
        const paths = shards.map(({ path }) => path);
        const source = TokenSource.open(paths, { vocabSize, mmap });
        assertEquals(source.tokenCount, tokens.length);
        for (let i = 0; i < 30; i++) {
          const from = random.integer(tokens.length + 1);
          const to = from + random.integer(tokens.length - from + 1);
          const into = new Uint32Array(to - from);
          source.read(from, into);
          assertEquals(into, tokens.slice(from, to), `seed ${seed}`);
        }
        source.close();
      }
    }
  }));

Deno.test({
  name: "shards are mapped where the platform can",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const [{ path }] = await writeShards([Uint32Array.of(1, 2, 3)], {
        folder,
        vocabSize: 4,
      });
      const shard = openShard(path);
      assert(shard.mapped);
      shard.close();
      shard.close();
      assertThrows(
        () => shard.read(0, new Uint32Array(1)),
        Error,
        "the shard is closed",
      );
      const plain = openShard(path, { mmap: "off" });
      assertEquals(plain.mapped, false);
      plain.close();
    }),
});

Deno.test("without the right to call libraries shards are read plainly", () =>
  withFolder(async (folder) => {
    const [{ path }] = await writeShards([Uint32Array.of(5, 6, 7)], {
      folder,
      vocabSize: 8,
    });
    const module = new URL("../../../data/shard/shard.ts", import.meta.url);
    const script = join(folder, "script.ts");
    await Deno.writeTextFile(
      script,
      `import { openShard } from ${JSON.stringify(module.href)};
       const shard = openShard(${JSON.stringify(path)});
       const tokens = new Uint32Array(2);
       shard.read(1, tokens);
       console.log(shard.mapped, [...tokens].join());`,
    );
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", script],
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "false 6,7\n");
  }));

Deno.test("a damaged shard is an input error that says what is wrong", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x.bin");
    const shardWith = async (
      [magic, version, count]: readonly number[],
      tokenBytes = 6,
    ): Promise<void> => {
      const bytes = new Uint8Array(1024 + tokenBytes);
      new Int32Array(bytes.buffer, 0, 3).set([magic, version, count]);
      await Deno.writeFile(path, bytes);
    };
    const refuses = (message: string): void => {
      assertThrows(() => openShard(path), InputError, message);
    };
    refuses("x.bin'");
    await Deno.writeFile(path, new Uint8Array(1023));
    refuses("it has 1023 bytes");
    await shardWith([20240521, 1, 3]);
    refuses("begins with 20240521");
    await shardWith([20240520, 2, 3]);
    refuses("its version is 2");
    await shardWith([20240520, 1, 4]);
    refuses("claims 4 tokens, which makes 1032 bytes, and has 1030");
    await shardWith([20240801, 7, 2]);
    refuses("claims 2 tokens, which makes 1032 bytes, and has 1030");
    await shardWith([20240520, 1, 2]);
    refuses("claims 2 tokens");
    await shardWith([20240520, 1, 3], 7);
    refuses("and has 1031");
    await shardWith([20240520, 1, -1]);
    refuses("claims -1 tokens");
    await Deno.mkdir(join(folder, "d.bin"));
    assertThrows(() => openShard(join(folder, "d.bin")), InputError, "d.bin");
  }));

Deno.test("a token beyond the vocabulary is named with shard and place", () =>
  withFolder(async (folder) => {
    const shards = await writeShards([Uint32Array.of(0, 1, 2, 3, 9)], {
      folder,
      vocabSize: 10,
      shardTokens: 3,
    });
    const paths = shards.map(({ path }) => path);
    const source = TokenSource.open(paths, { vocabSize: 5 });
    source.read(0, new Uint32Array(3));
    assertThrows(
      () => source.read(0, new Uint32Array(4)),
      InputError,
      `'${paths[1]}': token 1 is 9 and the vocabulary has 5 ids`,
    );
    assertThrows(() => source.read(4, new Uint32Array(2)), RangeError);
    source.close();
    await assertRejects(
      () => writeShards([Uint32Array.of(10)], { folder, vocabSize: 10 }),
      RangeError,
      "Cannot write the token 10",
    );
  }));

Deno.test("a stretch of the shards is a source of its own", () =>
  withFolder(async (folder) => {
    const shards = await writeShards(
      [Uint32Array.from({ length: 20 }, (_, i) => i)],
      { folder, vocabSize: 20, shardTokens: 6 },
    );
    const paths = shards.map(({ path }) => path);
    const source = TokenSource.open(paths, { vocabSize: 20, start: 5, end: 9 });
    const into = new Uint32Array(source.tokenCount);
    source.read(0, into);
    assertEquals([...into], [5, 6, 7, 8]);
    assertThrows(() => source.read(1, into), RangeError);
    source.close();
    assertThrows(
      () => TokenSource.open(paths, { vocabSize: 20, start: 5, end: 21 }),
      RangeError,
    );
  }));
