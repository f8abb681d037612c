import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Document } from "../../../data/document.ts";
import { InputError } from "../../../data/input_error.ts";
import { readDocuments } from "../../../data/read/read_documents.ts";
import type { ReadOptions } from "../../../data/read/read_options.ts";
import { withFolder } from "../with_folder.ts";

const read = (path: string, options?: ReadOptions): Promise<Document[]> =>
  Array.fromAsync(readDocuments([path], options));

/** Reads in the way that passes over what is bad. */
async function skipping(
  path: string,
  options?: ReadOptions,
): Promise<{ texts: string[]; skipped: string[] }> {
  const skipped: string[] = [];
  const documents = await read(path, {
    ...options,
    onSkip: ({ reason, place }) =>
      skipped.push(`${reason}${place.slice(path.length)}`),
  });
  return { texts: documents.map(({ text }) => text), skipped };
}

Deno.test("rows of CSV and TSV are read, packed or not", () =>
  withFolder(async (folder) => {
    const csv = '\ufeffid,text,year\r\nx,"a ""word"",\r\ntwo lines",1851\r\n' +
      ",,1852\r\n,last,";
    const bytes = new TextEncoder().encode(csv);
    const files = {
      "a.csv": bytes,
      "a.csv.gz": gzipSync(bytes),
      "a.csv.zst": zstdCompressSync(bytes),
      "a.tsv": new TextEncoder().encode(
        'id\ttext\tyear\nx\t"a ""word"",\ntwo lines"\t1851\n\tlast\t\n',
      ),
    };
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.writeFile(path, content);
      const last = name === "a.tsv" ? 3 : 4;
      assertEquals(await read(path), [
        { id: "x", text: 'a "word",\ntwo lines', metadata: { year: "1851" } },
        { id: `${path}:${last}`, text: "last", metadata: { year: "" } },
      ], name);
    }
  }));

Deno.test("a column that is missing is named", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    await Deno.writeTextFile(path, "Text,url\none,two\n");
    assertEquals((await read(path, { textField: "url" }))[0].text, "two");
    await assertRejects(
      () => read(path),
      InputError,
      `its first row names no column "text"; did you mean "Text"? Its columns`,
    );
  }));

Deno.test("a row with too few or too many fields is named, or skipped", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    await Deno.writeTextFile(path, "id,text\na,one\nb\nc,three,more\nd,four\n");
    await assertRejects(
      () => read(path),
      InputError,
      `Cannot read the row ${path}:3: it has 1 fields where the first row names 2`,
    );
    assertEquals(await skipping(path), {
      texts: ["one", "four"],
      skipped: ["bad_row:3", "bad_row:4"],
    });
  }));

Deno.test("a quote without its partner costs the rest of the file", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    for (const bad of ['c,"open\nd,four\n', 'c,op"en\nd,four\n']) {
      await Deno.writeTextFile(path, `id,text\na,one\nb,two\n${bad}`);
      await assertRejects(
        () => read(path),
        InputError,
        `Cannot read '${path}' from its row 4 on: `,
      );
      assertEquals(await skipping(path), {
        texts: ["one", "two"],
        skipped: ["bad_csv"],
      }, bad);
    }
  }));

Deno.test("an open quote before a long file stops before it fills the memory", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const rows = "b,some text of a row\n".repeat(1 << 18);
    await Deno.writeTextFile(path, `id,text\na,one\na,"two\n${rows}`);
    await assertRejects(
      () => read(path, { maxDocumentLength: 1 << 20 }),
      InputError,
      "its row 3 has more than 1048576 characters; is a closing quote missing?",
    );
    assertEquals(await skipping(path, { maxDocumentLength: 1 << 20 }), {
      texts: ["one"],
      skipped: ["line_too_long"],
    });
    // Rows that are short may be as many as they like.
    await Deno.writeTextFile(path, `id,text\n${rows}`);
    assertEquals(
      (await read(path, { maxDocumentLength: 1 << 20 })).length,
      1 << 18,
    );
  }));

Deno.test("bytes that are not UTF-8 cost their row", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const text = "id,text\na,one\nb,caf\u00e9\nc,three\n";
    await Deno.writeFile(path, Uint8Array.from(text, (c) => c.charCodeAt(0)));
    await assertRejects(() => read(path), InputError, "offset 19 is not UTF-8");
    assertEquals(await skipping(path), {
      texts: ["one", "three"],
      skipped: ["bad_utf8:3"],
    });
  }));

Deno.test("of a packed file that is cut off the whole rows are read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv.gz");
    const rows = Array.from({ length: 9_999 }, (_, i) => `${i},"text ${i}"\n`);
    const packed = gzipSync(`id,text\n${rows.join("")}`, { level: 0 });
    await Deno.writeFile(path, packed.subarray(0, packed.length - 100));
    const { texts, skipped } = await skipping(path);
    // At level 0 the rows stand as they are: 92 of the last 100 bytes are rows
    // of 17 bytes.
    assertEquals([texts.length, texts.at(-1)], [9_999 - 6, "text 9992"]);
    assertEquals(skipped, ["damaged"]);
  }));
