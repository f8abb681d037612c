import { assertEquals, assertRejects } from "@std/assert";
import { join, relative } from "@std/path";
import { gzipSync } from "node:zlib";
import { InputError } from "../../../data/input_error.ts";
import { findSourceFiles } from "../../../data/read/find_source_files.ts";
import { readDocuments } from "../../../data/read/read_documents.ts";
import { withFolder } from "../with_folder.ts";

const NAMES = [
  "B.txt",
  "a.txt",
  "c.jsonl",
  "d/e.txt.gz",
  "d/f/g.md",
  "d/picture.png",
  ".hidden.txt",
  ".git/h.txt",
  "q[1].txt",
];

async function withNames(
  body: (
    folder: string,
    found: (...patterns: string[]) => Promise<string[]>,
  ) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "d", "f"), { recursive: true });
    await Deno.mkdir(join(folder, ".git"));
    for (const name of NAMES) await Deno.writeTextFile(join(folder, name), "x");
    await body(folder, async (...patterns) => {
      const files = await findSourceFiles(
        patterns.map((pattern) => join(folder, pattern)),
      );
      return files.map(({ path }) =>
        relative(folder, path).replaceAll("\\", "/")
      );
    });
  });
}

Deno.test("a glob finds files of known kinds in order, without hidden ones", () =>
  withNames(async (_folder, found) => {
    assertEquals(await found("*.txt"), ["B.txt", "a.txt", "q[1].txt"]);
    assertEquals(await found("**/*.{gz,md}"), ["d/e.txt.gz", "d/f/g.md"]);
    assertEquals(await found("[a-c].*"), ["a.txt", "c.jsonl"]);
    assertEquals(await found("?.txt"), ["B.txt", "a.txt"]);
    assertEquals(await found(".*.txt"), [".hidden.txt"]);
    // A folder that a pattern finds is searched.
    assertEquals(await found("d*"), ["d/e.txt.gz", "d/f/g.md"]);
    assertEquals(await found("**"), [
      "B.txt",
      "a.txt",
      "c.jsonl",
      "d/e.txt.gz",
      "d/f/g.md",
      "q[1].txt",
    ]);
    assertEquals(await found("a.txt", "*.txt"), ["a.txt", "B.txt", "q[1].txt"]);
  }));

Deno.test("a name that looks like a glob is a name where it exists", () =>
  withNames(async (_folder, found) => {
    assertEquals(await found("q[1].txt"), ["q[1].txt"]);
  }));

Deno.test("a glob that finds nothing to read says so", () =>
  withNames(async (folder, found) => {
    await assertRejects(
      () => found("*.parquet"),
      InputError,
      `Cannot read '${join(folder, "*.parquet")}': no file is named so`,
    );
    await assertRejects(
      () => found("d/*.png"),
      InputError,
      "of the 1 names found none ends in .txt",
    );
  }));

Deno.test("links to folders are not followed by a glob", () =>
  withNames(async (folder, found) => {
    await Deno.symlink(folder, join(folder, "d", "circle"));
    assertEquals(await found("d/**"), ["d/e.txt.gz", "d/f/g.md"]);
  }));

Deno.test("a URL is read by the end of its path, whatever its query", () =>
  withFolder(async (folder) => {
    const packed = gzipSync('{"text": "one", "year": 1}\n{"text": "two"}\n');
    const files: Record<string, Uint8Array<ArrayBuffer>> = {
      "/a.jsonl.gz": new Uint8Array(packed),
      "/plain": new TextEncoder().encode("some text"),
      "/empty.txt": new Uint8Array(),
    };
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => {
        const body = files[new URL(request.url).pathname];
        return new Response(body, { status: body ? 200 : 404 });
      },
    );
    const at = `http://127.0.0.1:${server.addr.port}`;
    const read = (path: string) =>
      Array.fromAsync(readDocuments([at + path], { download: { folder } }));
    try {
      const url = "/a.jsonl.gz?download=true&of=x.txt";
      assertEquals(await read(url), [
        { id: `${at}${url}:1`, text: "one", metadata: { year: 1 } },
        { id: `${at}${url}:2`, text: "two", metadata: {} },
      ]);
      assertEquals(await read("/plain"), [
        { id: `${at}/plain`, text: "some text" },
      ]);
      await assertRejects(() => read("/empty.txt"), InputError, "is empty");
      await assertRejects(() => read("/none.txt"), InputError, "answers 404");
    } finally {
      await server.shutdown();
    }
  }));
