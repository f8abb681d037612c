import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import {
  type ColumnSource,
  parquetWriteBuffer,
} from "npm:hyparquet-writer@^0.17.0";
import type { Document } from "../../../data/document.ts";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { readDocuments } from "../../../data/read/read_documents.ts";
import type { ReadOptions } from "../../../data/read/read_options.ts";
import { withFolder } from "../with_folder.ts";

const TESTDATA = join(dirname(fromFileUrl(import.meta.url)), "testdata");

const read = (path: string, options?: ReadOptions): Promise<Document[]> =>
  Array.fromAsync(readDocuments([path], options));

async function write(
  path: string,
  columnData: ColumnSource[],
  rowGroupSize = 100,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(
    parquetWriteBuffer({ columnData, rowGroupSize }),
  );
  await Deno.writeFile(path, bytes);
  return bytes;
}

const texts = (count: number): ColumnSource => ({
  name: "text",
  type: "STRING",
  data: Array.from({ length: count }, (_, i) => `text ${i}`),
});

/** What testdata/make_parquet.py puts into row `i`. */
const textOf = (i: number): string =>
  i % 7 === 6 ? "" : `text ${i} é `.repeat(i % 5);

Deno.test("files written by pyarrow with each codec are read", async () => {
  for (const codec of ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]) {
    const path = join(TESTDATA, `${codec}.parquet`);
    const documents = await read(path, { idField: "url" });
    const rows = [...Array(40).keys()].filter((i) => textOf(i) !== "");
    assertEquals(
      documents,
      rows.map((i) => ({
        id: `https://example.org/${i}`,
        text: textOf(i),
        metadata: {
          score: i / 4,
          count: i * 2 ** 40,
          date: new Date(Date.UTC(2020, 0, 1 + i % 28)).toISOString(),
          tags: ["a", "b"].slice(0, i % 3),
        },
      })),
      codec,
    );
  }
});

Deno.test("pages of version 2 with an index are read", async () => {
  const path = join(TESTDATA, "pages.parquet");
  const documents = await read(path, { metadataFields: [] });
  const rows = [...Array(40).keys()].filter((i) => textOf(i) !== "");
  assertEquals(
    documents,
    rows.map((i) => ({
      id: `${path}:${i + 1}`,
      text: textOf(i),
      metadata: {},
    })),
  );
});

Deno.test("a column that is missing or no text is named", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    await write(path, [
      { name: "content", type: "STRING", data: ["one"] },
      { name: "words", type: "INT32", data: new Int32Array([1]) },
    ]);
    await assertRejects(
      () => read(path, { textField: "contents" }),
      InputError,
      `it has no column "contents"; did you mean "content"? Its columns are "content", "words"`,
    );
    await assertRejects(
      () => read(path, { textField: "words" }),
      InputError,
      `its column "words" holds INT32, not text`,
    );
    const list = join(TESTDATA, "none.parquet");
    await assertRejects(
      () => read(list, { textField: "tags" }),
      InputError,
      `its column "tags" holds LIST, not text`,
    );
  }));

Deno.test("a text that is not UTF-8 or too long costs its row", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    await write(path, [{
      name: "text",
      type: "BYTE_ARRAY",
      data: [
        new TextEncoder().encode("one"),
        Uint8Array.of(0x63, 0xe9),
        new Uint8Array(2000).fill(0x61),
        new TextEncoder().encode("four \ufffd"),
      ],
    }]);
    await assertRejects(() => read(path), InputError, `${path}:2: its text`);
    const skipped: string[] = [];
    const documents = await read(path, {
      maxDocumentLength: 1000,
      onSkip: ({ reason, place }) => skipped.push(`${reason} ${place}`),
    });
    assertEquals(documents.map(({ text }) => text), ["one", "four \ufffd"]);
    assertEquals(skipped, [`bad_utf8 ${path}:2`, `text_too_long ${path}:3`]);
  }));

Deno.test("a file cut at any byte is an input error", () =>
  withFolder(async (folder) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const path = join(folder, "a.parquet");
    const whole = await write(path, [texts(500)]);
    for (let i = 0; i < 30; i++) {
      const cut = 1 + random.integer(whole.length - 1);
      await Deno.writeFile(path, whole.subarray(0, cut));
      await assertRejects(
        () => read(path),
        InputError,
        `Cannot read '${path}': `,
        `seed ${seed}, cut at ${cut}`,
      );
    }
  }));

Deno.test("a footer that lies about sizes is an input error", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const whole = await write(path, [texts(500)]);
    const view = (bytes: Uint8Array) => new DataView(bytes.buffer);
    for (const length of [0, 7, whole.length, 2 ** 31, 2 ** 32 - 1]) {
      const bytes = whole.slice();
      view(bytes).setUint32(bytes.length - 8, length, true);
      await Deno.writeFile(path, bytes);
      await assertRejects(
        () => read(path),
        InputError,
        `Cannot read '${path}': `,
        `footer of ${length}`,
      );
    }
    await Deno.writeFile(path, whole.subarray(0, 100));
    await assertRejects(
      () => read(path),
      InputError,
      "begin and end with PAR1",
    );
  }));

Deno.test("any bit changed gives documents or an input error, and an end", () =>
  withFolder(async (folder) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const path = join(folder, "a.parquet");
    const whole = await write(path, [texts(200)], 50);
    // The first page's header, whose counts keep the decoder busy, and others.
    const bits = Array.from({ length: 26 * 8 }, (_, i) => 4 * 8 + i);
    for (let i = 0; i < 200; i++) bits.push(random.integer(whole.length * 8));
    for (const bit of bits) {
      const bytes = whole.slice();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      await Deno.writeFile(path, bytes);
      try {
        await read(path, { onSkip: () => {}, metadataFields: [] });
      } catch (error) {
        assert(
          error instanceof InputError,
          `seed ${seed}, bit ${bit}: ${error}`,
        );
      }
    }
  }));

Deno.test("a damaged row group is skipped and the others are read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const whole = await write(path, [texts(300)]);
    // The first page's header stands behind PAR1; 0xff begins none.
    whole.fill(0xff, 4, 20);
    await Deno.writeFile(path, whole);
    await assertRejects(
      () => read(path),
      InputError,
      `Cannot read '${path}', row group 1 of 3: `,
    );
    const skipped: string[] = [];
    const documents = await read(path, {
      onSkip: ({ reason, place }) => skipped.push(`${reason} ${place}`),
    });
    assertEquals(documents.length, 200);
    assertEquals(documents[0].id, `${path}:101`);
    assertEquals(skipped, [`damaged ${path}`]);
  }));

Deno.test("a packed file that holds too much when unpacked is refused", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    await write(path, [texts(1000)]);
    await assertRejects(
      () => read(path, { maxUnpackedBytes: 1000 }),
      InputError,
      "unpack to more than the 1000 B allowed",
    );
    await Deno.rename(path, `${path}.gz`);
    await assertRejects(
      () => read(`${path}.gz`),
      InputError,
      "unpack it first",
    );
  }));
