import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { createGzip } from "node:zlib";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createWriteStream } from "node:fs";
import { parquetWriteFile } from "npm:hyparquet-writer@^0.17.0";
import { InputError } from "../../../data/input_error.ts";
import { readDocuments } from "../../../data/read/read_documents.ts";
import { withFolder } from "../with_folder.ts";

const MIB = 1024 * 1024;

/** Documents of 4,000 characters that do not compress to nothing. */
const COUNT = 25_000;
const LENGTH = 4000;

function textOf(i: number): string {
  const words = `${i} ${(i * 2654435761) % 4294967296} and `;
  return words.repeat(Math.ceil(LENGTH / words.length)).slice(0, LENGTH);
}

interface Held {
  readonly documents: number;
  readonly characters: number;
  readonly peak: number;
  readonly start: number;
}

async function readApart(path: string): Promise<Held> {
  const script = join(
    dirname(fromFileUrl(import.meta.url)),
    "memory_run.ts",
  );
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    // The strings alone would fill 100 MB of this heap.
    args: ["run", "-A", "--v8-flags=--max-old-space-size=48", script, path],
    stderr: "inherit",
  }).output();
  assert(success);
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("100 MB are read with a small part of it in memory", () =>
  withFolder(async (folder) => {
    const parquet = join(folder, "a.parquet");
    parquetWriteFile({
      filename: parquet,
      columnData: [{
        name: "text",
        type: "STRING",
        data: Array.from({ length: COUNT }, (_, i) => textOf(i)),
      }],
      rowGroupSize: 1000,
    });
    const jsonl = join(folder, "a.jsonl.gz");
    await pipeline(
      Readable.from((function* () {
        for (let i = 0; i < COUNT; i++) {
          yield JSON.stringify({ text: textOf(i) }) + "\n";
        }
      })()),
      createGzip({ level: 1 }),
      createWriteStream(jsonl),
    );
    for (const path of [parquet, jsonl]) {
      const held = await readApart(path);
      assertEquals(
        [held.documents, held.characters],
        [COUNT, COUNT * LENGTH],
        path,
      );
      const more = (held.peak - held.start) / MIB;
      // Buffers that wait for the collector are a part of it.
      assert(more < 200, `${path}: ${more} MiB`);
    }
  }));

Deno.test("a single line of 50 MB comes in pieces, or is refused or skipped", () =>
  withFolder(async (folder) => {
    const text = join(folder, "a.txt");
    const line = "some words ".repeat(50 * MIB / 11);
    await Deno.writeTextFile(text, line);
    let length = 0;
    let longest = 0;
    for await (const piece of readDocuments([text])) {
      length += piece.text.length;
      longest = Math.max(longest, piece.text.length);
    }
    assertEquals(length, line.length);
    assert(longest <= MIB);
    const jsonl = join(folder, "b.jsonl");
    await Deno.writeTextFile(
      jsonl,
      `{"text": "one"}\n{"text": "${line}"}\n{"text": "three"}\n`,
    );
    await assertRejects(
      () => Array.fromAsync(readDocuments([jsonl])),
      InputError,
      `${jsonl}:2: it has more than 16777216 characters`,
    );
    const skipped: string[] = [];
    const documents = await Array.fromAsync(readDocuments([jsonl], {
      onSkip: ({ reason }) => skipped.push(reason),
    }));
    assertEquals(documents.map(({ text }) => text), ["one", "three"]);
    assertEquals(skipped, ["line_too_long"]);
  }));
