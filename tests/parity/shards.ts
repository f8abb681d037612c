/**
 * Compares our token files with those of datatrove, Megatron, llm.c and
 * nanoGPT: the files checked in as test data are made again by their writers,
 * and what ours writes is read by their readers.
 *
 * Needs Python with datatrove, megatron-core, torch and numpy; `PYTHON` names
 * the interpreter. Run: deno task parity:shards, with `--write` to replace the
 * files.
 */
import { assert, assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import type { ShardFormatName } from "../../data/shard/shard_format.ts";
import { writeShards } from "../../data/shard/shard_writer.ts";

const SCRIPT = fromFileUrl(new URL("./shards.py", import.meta.url));
const TEST_DATA = fromFileUrl(
  new URL("../data/shard/testdata", import.meta.url),
);

interface Expected {
  readonly u16: readonly number[][];
  readonly u32: readonly number[][];
}

async function python(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.env.get("PYTHON") ?? "python3", {
    args: [SCRIPT, ...args],
    stdout: "piped",
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  assert(success, `python ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

const { write } = parseArgs(Deno.args, { boolean: ["write"] });
const folder = await Deno.makeTempDir();
try {
  await python("make", folder);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  for (const name of names) {
    const kept = join(TEST_DATA, name);
    if (write) await Deno.copyFile(join(folder, name), kept);
    const [made, before] = await Promise.all(
      [join(folder, name), kept].map((path) => Deno.readFile(path)),
    );
    if (!name.endsWith(".json")) assertEquals(before, made, name);
    // The formatter may have been over it.
    else assertEquals(parseJson(before), parseJson(made), name);
  }
  console.log(`${names.length} files are made again with the same bytes`);

  const expected: Expected = JSON.parse(
    await Deno.readTextFile(join(TEST_DATA, "expected.json")),
  );
  const cases: readonly (readonly [ShardFormatName, keyof Expected])[] = [
    ["llm.c", "u16"],
    ["llm.c", "u32"],
    ["nanogpt", "u16"],
    ["datatrove", "u16"],
    ["datatrove", "u32"],
    ["megatron", "u16"],
    ["megatron", "u32"],
  ];
  for (const [format, type] of cases) {
    const documents = expected[type];
    const [{ path }] = await writeShards(
      documents.map((ids) => ({
        tokens: Uint32Array.from(ids),
        ends: [ids.length],
      })),
      {
        folder,
        format,
        vocabSize: type === "u16" ? 50_257 : 128_256,
        prefix: `ours_${format}_${type}`,
      },
    );
    const read: { tokens: number[]; ends: number[] | null } = JSON.parse(
      await python("read", format, path),
    );
    assertEquals(read.tokens, documents.flat());
    let end = 0;
    const ends = documents.map((ids) => end += ids.length);
    if (read.ends !== null) assertEquals(read.ends, ends);
    console.log(`${format} ${type}: ${end} tokens are read there the same`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
