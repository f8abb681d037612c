import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Document } from "../../../data/document.ts";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { readDocuments } from "../../../data/read/read_documents.ts";
import type {
  ReadOptions,
  ReadProgress,
} from "../../../data/read/read_options.ts";
import { withFolder } from "../with_folder.ts";

const read = (
  paths: string | string[],
  options?: ReadOptions,
): Promise<Document[]> =>
  Array.fromAsync(readDocuments([paths].flat(), options));

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const writeParts = (path: string, parts: Uint8Array[]): Promise<void> =>
  Deno.writeFile(path, new Uint8Array(Buffer.concat(parts)));

const JSONL = '{"id": "x", "text": "one", "year": 1851}\r\n\n' +
  '{"text": ""}\n{"text": "two\\nlines"}';

Deno.test("text, Markdown and JSONL are read, packed or not", () =>
  withFolder(async (folder) => {
    const text = "first\r\nsecond é";
    const pack: Record<string, (bytes: Uint8Array) => Uint8Array> = {
      "": (bytes) => bytes,
      ".gz": (bytes) => gzipSync(bytes),
      ".zst": (bytes) => zstdCompressSync(bytes),
    };
    for (const [extension, packed] of Object.entries(pack)) {
      for (const name of ["a.txt", "a.md"]) {
        const path = join(folder, name + extension);
        await Deno.writeFile(path, packed(bytesOf("\ufeff" + text)));
        assertEquals(await read(path), [{ id: path, text }]);
      }
      for (const name of ["a.jsonl", "a.ndjson"]) {
        const path = join(folder, name + extension);
        await Deno.writeFile(path, packed(bytesOf(JSONL)));
        assertEquals(await read(path), [
          { id: "x", text: "one", metadata: { year: 1851 } },
          { id: `${path}:4`, text: "two\nlines", metadata: {} },
        ]);
      }
    }
  }));

Deno.test("folders are searched in order, hidden and other files passed over", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "b", "deep"), { recursive: true });
    await Deno.mkdir(join(folder, ".git"));
    for (
      const name of [
        "c.txt",
        "a.md",
        "b/deep/x.txt",
        ".hidden.txt",
        ".git/y.txt",
        "picture.png",
      ]
    ) await Deno.writeTextFile(join(folder, name), name);
    await Deno.writeTextFile(join(folder, "empty.txt"), "");
    await Deno.symlink(folder, join(folder, "b", "circle"));
    await Deno.symlink(join(folder, "c.txt"), join(folder, "d.txt"));
    await Deno.symlink(join(folder, "nowhere"), join(folder, "e.txt"));
    const documents = await read([folder, join(folder, "c.txt")]);
    assertEquals(
      documents.map(({ text }) => text),
      ["a.md", "b/deep/x.txt", "c.txt", "c.txt"],
    );
    // Named itself, any file is text.
    assertEquals((await read(join(folder, "picture.png"))).length, 1);
  }));

Deno.test("several gzip members and zstd frames are one text", () =>
  withFolder(async (folder) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const parts = Array.from({ length: 5 }, () =>
      Array.from(
        { length: random.integer(100_000) },
        () => "abcdefgh\n"[random.integer(9)],
      ).join(""));
    const text = parts.join("");
    // A skippable frame: magic number, length, content.
    const skippable = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2);
    const packed = {
      "a.txt.gz": parts.map((part) => gzipSync(part)),
      "a.txt.zst": [
        ...parts.map((part) => zstdCompressSync(part)),
        skippable,
        zstdCompressSync("end"),
      ],
    };
    for (const [name, members] of Object.entries(packed)) {
      const path = join(folder, name);
      await Deno.writeFile(
        path,
        new Uint8Array(
          await new Blob(
            members.map((member) => new Uint8Array(member)),
          ).arrayBuffer(),
        ),
      );
      const [document] = await read(path);
      const expected = name.endsWith("zst") ? text + "end" : text;
      assert(document.text === expected, `${name}, seed ${seed}`);
    }
  }));

Deno.test("a packed file cut at any byte is an input error", () =>
  withFolder(async (folder) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const text = Array.from({ length: 3000 }, () => random.bits32()).join(" ");
    for (
      const [name, whole] of [
        ["a.txt.gz", gzipSync(text)],
        ["a.txt.zst", zstdCompressSync(text)],
      ] as const
    ) {
      const path = join(folder, name);
      for (let i = 0; i < 40; i++) {
        const cut = 1 + random.integer(whole.length - 1);
        await Deno.writeFile(path, whole.subarray(0, cut));
        await assertRejects(
          () => read(path),
          InputError,
          path,
          `seed ${seed}, cut at ${cut}`,
        );
      }
      await Deno.writeTextFile(path, "neither of the two");
      await assertRejects(() => read(path), InputError, "unpacking it failed");
    }
  }));

Deno.test("of a packed JSONL file that is cut off the whole lines are read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.jsonl.gz");
    const lines = Array.from({ length: 9_999 }, (_, i) => `{"text": "${i}"}\n`);
    const packed = gzipSync(lines.join(""), { level: 0 });
    await Deno.writeFile(path, packed.subarray(0, packed.length - 100));
    const skipped: string[] = [];
    const documents = await read(path, {
      onSkip: ({ reason, place }) => skipped.push(`${reason} ${place}`),
    });
    // At level 0 the lines stand as they are: 92 bytes of the last 100 are
    // lines, each of 17 bytes.
    assertEquals(documents.length, 9_999 - 6);
    assertEquals(documents.at(-1)?.text, "9992");
    assertEquals(skipped, [`damaged ${path}`]);
  }));

Deno.test("what cannot be read is named", () =>
  withFolder(async (folder) => {
    await assertRejects(
      () => read(join(folder, "none.txt")),
      InputError,
      "there is no such file or folder",
    );
    await assertRejects(() => read(folder), InputError, "it holds no file");
    const path = join(folder, "a.txt");
    await Deno.writeTextFile(path, "");
    await assertRejects(() => read(path), InputError, "the file is empty");
    await Deno.writeTextFile(path, "\ufeff");
    await assertRejects(() => read(path), InputError, "there is no text");
  }));

Deno.test("a byte that is not UTF-8 is named by its offset", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    for (let i = 0; i < 20; i++) {
      // Beyond one chunk of a file's stream, characters across its borders.
      const good = bytesOf("a" + "é😀".repeat(random.integer(30_000)));
      const bytes = new Uint8Array(good.length + 10).fill(0x20);
      bytes.set(good);
      bytes[good.length] = 0xff;
      await Deno.writeFile(path, bytes);
      await assertRejects(
        () => read(path),
        InputError,
        `the byte at offset ${good.length} is not UTF-8`,
        `seed ${seed}`,
      );
    }
    await Deno.writeFile(path, Uint8Array.of(0x61, 0xe2, 0x82));
    await assertRejects(() => read(path), InputError, "offset 1 ");
  }));

Deno.test("a broken line is named, or skipped and counted", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    await Deno.writeTextFile(
      path,
      '{"text": "one"}\n{"text": \n[1]\n{"body": 1}\n{"text": 5}\n{"text": "two"}\n',
    );
    await assertRejects(() => read(path), InputError, `${path}:2: it is not`);
    const skipped: string[] = [];
    const messages: string[] = [];
    const documents = await read(path, {
      onSkip: ({ reason, place, message }) => {
        skipped.push(`${reason} ${place.slice(path.length)}`);
        messages.push(message);
      },
    });
    assertEquals(documents.map(({ text }) => text), ["one", "two"]);
    assertEquals(skipped, [
      "bad_json :2",
      "bad_json :3",
      "no_text_field :4",
      "wrong_type :5",
    ]);
    assert(messages[1].includes(`Cannot read the line ${path}:3`));
    assert(messages[2].includes(`no field "text"; its fields are "body"`));
    assert(messages[3].includes(`"text" is not a text`));
    // Nothing left is an error that tells of the first cause.
    await assertRejects(
      () => read(path, { onSkip: () => {}, textField: "none" }),
      InputError,
      `${path}:1: it has no field "none"; its fields are "text" (and nothing`,
    );
  }));

Deno.test("a line that is too long is named, or skipped with the rest read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.jsonl.gz");
    const long = `{"text": "${"a".repeat(1 << 22)}"}`;
    await Deno.writeFile(
      path,
      gzipSync(`{"text": "one"}\n${long}\n{"text": "two"}\n${long}`),
    );
    await assertRejects(
      () => read(path, { maxDocumentLength: 1 << 20 }),
      InputError,
      `${path}:2: it has more than 1048576 characters`,
    );
    const skipped: string[] = [];
    const documents = await read(path, {
      maxDocumentLength: 1 << 20,
      onSkip: ({ reason, place }) => skipped.push(`${reason} ${place}`),
    });
    assertEquals(documents.map(({ text }) => text), ["one", "two"]);
    assertEquals(skipped, [
      `line_too_long ${path}:2`,
      `line_too_long ${path}:4`,
    ]);
    assertEquals((await read(path)).length, 4);
  }));

Deno.test("bytes that are not UTF-8 cost the line or the text file they are in", () =>
  withFolder(async (folder) => {
    const latin1 = Uint8Array.of(0x63, 0x61, 0x66, 0xe9);
    const lines = [
      bytesOf('{"text": "caf\\u00e9 \\ud800 \ufffd"}\n{"text": "'),
      latin1,
      bytesOf('"}\n{"text": "three"}\n'),
    ];
    await writeParts(join(folder, "a.jsonl"), lines);
    await writeParts(join(folder, "b.txt"), [bytesOf("good "), latin1]);
    await Deno.writeTextFile(join(folder, "c.txt"), "good");
    const skipped: string[] = [];
    const documents = await read(folder, {
      onSkip: ({ reason, place }) => skipped.push(`${reason} ${place}`),
    });
    assertEquals(
      documents.map(({ text }) => text),
      // Half a pair, which only an escape can spell, is not a bad byte.
      ["café \ufffd \ufffd", "three", "good"],
    );
    assertEquals(skipped, [
      `bad_utf8 ${join(folder, "a.jsonl")}:2`,
      `bad_utf8 ${join(folder, "b.txt")}`,
    ]);
  }));

Deno.test("of a huge text file what comes before a bad byte is read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    const good = "a line\n".repeat(40_000);
    await writeParts(path, [bytesOf(good), Uint8Array.of(0xff)]);
    await Deno.writeTextFile(join(folder, "b.txt"), "next");
    const documents = await read(folder, {
      maxDocumentLength: 20_000,
      pieceLength: 10_000,
      onSkip: () => {},
    });
    const next = documents.pop();
    assertEquals(next?.text, "next");
    // The next file must not be taken for a part of this one.
    assertEquals(documents.at(-1)?.continues, undefined);
    const text = documents.map(({ text }) => text).join("");
    assert(good.startsWith(text) && text.length > good.length / 2);
  }));

Deno.test("id, text and metadata come from the fields named", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    await Deno.writeTextFile(
      path,
      '{"body": "one", "url": "u1", "id": 7, "score": 0.5}\n' +
        '{"body": null, "url": "u2"}\n{"body": "three", "url": 3}',
    );
    assertEquals(
      await read(path, {
        textField: "body",
        idField: "url",
        metadataFields: ["score", "body", "nothing"],
      }),
      [
        { id: "u1", text: "one", metadata: { score: 0.5 } },
        { id: "3", text: "three", metadata: {} },
      ],
    );
    assertEquals((await read(path, { textField: "body" }))[0], {
      id: "7",
      text: "one",
      metadata: { url: "u1", score: 0.5 },
    });
    await assertRejects(
      () => read(path, { textField: "bodi" }),
      InputError,
      `it has no field "bodi"; did you mean "body"?`,
    );
  }));

Deno.test("a bomb ends at the limit, or is skipped by its name", () =>
  withFolder(async (folder) => {
    const zeros = new Uint8Array(300 * 1024 * 1024);
    const bombs = {
      "a.jsonl.gz": gzipSync(zeros),
      "b.txt.zst": zstdCompressSync(zeros),
    };
    for (const [name, bytes] of Object.entries(bombs)) {
      await Deno.writeFile(join(folder, name), bytes);
    }
    await assertRejects(
      () => read(folder),
      InputError,
      "a.jsonl.gz:1: it has more than 16777216 characters",
    );
    await assertRejects(
      () => read(join(folder, "b.txt.zst")),
      InputError,
      "unpack to more than the 256 MiB allowed",
    );
    const path = join(folder, "b.txt.zst");
    await assertRejects(
      () => read(path, { maxUnpackedBytes: 1 << 20 }),
      InputError,
      "unpack to more than the 1 MiB allowed",
    );
    await Deno.writeTextFile(join(folder, "c.txt"), "good");
    const skipped: string[] = [];
    let last: Document | undefined;
    const documents = readDocuments([folder], {
      onSkip: ({ reason, place }) => skipped.push(`${reason} ${place}`),
    });
    for await (const document of documents) last = document;
    assertEquals(last?.text, "good");
    assertEquals(skipped, [
      `unpacks_too_large ${join(folder, "a.jsonl.gz")}`,
      `unpacks_too_large ${path}`,
    ]);
  }));

Deno.test("a huge file comes in pieces that end at line ends", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    const text = Array.from({ length: 40_000 }, (_, i) => `line ${i} 😀\n`)
      .join("") + "😀".repeat(50_001);
    await Deno.writeTextFile(path, text);
    const pieces = await read(path, {
      maxDocumentLength: 100_000,
      pieceLength: 10_000,
    });
    assertEquals(pieces.map(({ text }) => text).join(""), text);
    assertEquals(pieces[3].id, `${path}#3`);
    pieces.forEach((piece, i) => {
      assert(piece.text.length <= 10_000 && piece.text.length > 0);
      assert(piece.text.isWellFormed());
      assertEquals(piece.continues ?? false, i < pieces.length - 1);
    });
    assert(pieces[0].text.endsWith("😀\n"));
  }));

Deno.test("progress ends at the size of all files as stored", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "a.txt"), "a".repeat(200_000));
    await Deno.writeFile(join(folder, "b.txt.gz"), gzipSync("b"));
    const seen: ReadProgress[] = [];
    await read(folder, { onProgress: (progress) => seen.push(progress) });
    const last = seen.at(-1);
    assertEquals(last?.bytesRead, last?.totalBytes);
    assert(seen.length > 2 && seen[0].bytesRead < 200_000);
  }));
