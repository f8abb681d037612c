import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { download } from "../../../data/download/download.ts";
import type { DownloadOptions } from "../../../data/download/download_options.ts";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { withFolder } from "../with_folder.ts";

/** Content of no pattern that a wrong offset could hide in. */
function randomBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = new Random(seed);
  return Uint8Array.from({ length }, () => random.integer(256));
}

const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** A file on a server, and what the server does with it. */
interface Served {
  content: Uint8Array<ArrayBuffer>;
  etag: string | null;
  ranges: boolean;
  /** Bytes after which a connection is cut, while there are cuts left. */
  cutAfter: number;
  cuts: number;
  /** `METHOD range` of each request. */
  requests: string[];
}

function answer(served: Served, request: Request): Response {
  const path = new URL(request.url).pathname;
  const range = request.headers.get("range");
  served.requests.push(`${request.method} ${range ?? ""}`.trimEnd());
  if (path === "/moved") {
    return Response.redirect(new URL("/file", request.url), 302);
  }
  if (path !== "/file") return new Response("no", { status: 404 });
  const { content, etag } = served;
  const headers = new Headers();
  if (etag !== null) headers.set("etag", etag);
  const from = served.ranges && range !== null &&
      request.headers.get("if-range") === etag
    ? Number(/^bytes=(\d+)-$/.exec(range)?.[1])
    : 0;
  if (from > 0) {
    headers.set(
      "content-range",
      `bytes ${from}-${content.length - 1}/${content.length}`,
    );
  }
  const body = content.subarray(from);
  headers.set("content-length", String(body.length));
  const status = from > 0 ? 206 : 200;
  if (request.method === "HEAD") return new Response(null, { headers });
  if (served.cuts === 0) return new Response(body, { status, headers });
  served.cuts--;
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(body.subarray(0, served.cutAfter));
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.error(new Error("cut"));
    },
  });
  return new Response(stream, { status, headers });
}

async function withServer(
  body: (
    served: Served,
    url: string,
    options: DownloadOptions & { readonly folder: string },
  ) => Promise<void>,
): Promise<void> {
  const served: Served = {
    content: randomBytes(200_000, 1),
    etag: '"one"',
    ranges: true,
    cutAfter: 70_000,
    cuts: 0,
    requests: [],
  };
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    },
    (request) => answer(served, request),
  );
  try {
    await withFolder((folder) =>
      body(served, `http://127.0.0.1:${server.addr.port}/file`, {
        folder,
        retryDelay: 1,
      })
    );
  } finally {
    await server.shutdown();
  }
}

Deno.test("a file is downloaded once, with progress and its SHA-256 beside it", () =>
  withServer(async (served, url, options) => {
    const seen: number[] = [];
    const first = await download(`${url}?download=true`, {
      ...options,
      onProgress: ({ bytes, totalBytes }) => {
        assertEquals(totalBytes, 200_000);
        seen.push(bytes);
      },
    });
    assertEquals(await Deno.readFile(first.path), served.content);
    assertEquals(first.sha256, sha256(served.content));
    assertEquals(seen.at(-1), 200_000);
    const record = JSON.parse(await Deno.readTextFile(`${first.path}.json`));
    assertEquals(
      [record.url, record.bytes, record.sha256, record.etag],
      [`${url}?download=true`, 200_000, first.sha256, '"one"'],
    );
    assertEquals(await download(`${url}?download=true`, options), first);
    assertEquals(served.requests, ["GET", "HEAD"]);
  }));

Deno.test("without the server what is here is used", () =>
  withFolder(async (folder) => {
    let url = "";
    let first;
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("some text"),
    );
    try {
      url = `http://127.0.0.1:${server.addr.port}/a.txt`;
      first = await download(url, { folder });
    } finally {
      await server.shutdown();
    }
    assertEquals(await download(url, { folder }), first);
  }));

Deno.test("a connection cut in the middle goes on where it stopped", () =>
  withServer(async (served, url, options) => {
    served.cuts = 2;
    const { path } = await download(url, options);
    assertEquals(await Deno.readFile(path), served.content);
    assertEquals(served.requests, [
      "GET",
      "GET bytes=70000-",
      "GET bytes=140000-",
    ]);
  }));

Deno.test("a download given up goes on when it is asked for again", () =>
  withServer(async (served, url, options) => {
    served.cuts = 6;
    served.cutAfter = 0;
    await assertRejects(
      () => download(url, options),
      InputError,
      `Cannot download '${url}': `,
    );
    assertEquals(served.cuts, 1);
    served.cutAfter = 70_000;
    const { path } = await download(url, options);
    assertEquals(await Deno.readFile(path), served.content);
    assertEquals(served.requests.at(-1), "GET bytes=70000-");
  }));

Deno.test("a server without ranges sends all of it again", () =>
  withServer(async (served, url, options) => {
    served.ranges = false;
    served.cuts = 1;
    const { path } = await download(url, options);
    assertEquals(await Deno.readFile(path), served.content);
    assertEquals(served.requests, ["GET", "GET bytes=70000-"]);
  }));

Deno.test("parts of two versions are never put together", () =>
  withServer(async (served, url, options) => {
    const other = randomBytes(150_000, 2);
    served.cuts = 1;
    const promise = download(url, {
      ...options,
      onProgress: ({ bytes }) => {
        if (bytes < 70_000) return;
        served.content = other;
        served.etag = '"two"';
      },
    });
    const { path } = await promise;
    assertEquals(await Deno.readFile(path), other);
    // A weak tag does not promise the same bytes.
    served.content = randomBytes(90_000, 3);
    served.etag = 'W/"three"';
    served.cuts = 1;
    served.requests = [];
    assertEquals(
      await Deno.readFile((await download(url, options)).path),
      served.content,
    );
    assertEquals(served.requests, ["HEAD", "GET", "GET"]);
  }));

Deno.test("a change here or on the server is noticed and told", () =>
  withServer(async (served, url, options) => {
    const changes: string[] = [];
    const again = async () => {
      const { path } = await download(url, {
        ...options,
        onChange: (message) => changes.push(message),
      });
      assertEquals(await Deno.readFile(path), served.content);
      return path;
    };
    const path = await again();
    await Deno.truncate(path, 1000);
    await again();
    assert(changes.pop()?.includes("has 1000 bytes instead of 200000"));
    // One bit, the length as before.
    const bytes = await Deno.readFile(path);
    bytes[77] ^= 1;
    await Deno.writeFile(path, bytes);
    await Deno.utime(path, 1, 1);
    await again();
    assert(changes.pop()?.includes(`has the SHA-256 ${sha256(bytes)}`));
    // Touched, but the same.
    await Deno.utime(path, 1, 1);
    await again();
    assertEquals(changes, []);
    served.content = randomBytes(180_000, 4);
    await again();
    assert(changes.pop()?.includes("has another content than before"));
    assert(changes.pop()?.includes("the server has 180000 bytes"));
    served.etag = '"later"';
    await again();
    assert(changes.pop()?.includes("the server has a newer one"));
  }));

Deno.test("redirects are followed, and what is not there is named", () =>
  withServer(async (served, url, options) => {
    const moved = url.replace("/file", "/moved");
    const { path } = await download(moved, options);
    assertEquals(await Deno.readFile(path), served.content);
    const missing = url.replace("/file", "/missing");
    await assertRejects(
      () => download(missing, options),
      InputError,
      `Cannot download '${missing}': the server answers 404 Not Found`,
    );
    const nowhere = "http://127.0.0.1:9/file";
    await assertRejects(
      () => download(nowhere, options),
      InputError,
      `Cannot download '${nowhere}': `,
    );
  }));

Deno.test("two downloads of one file at a time do not disturb each other", () =>
  withServer(async (served, url, options) => {
    const both = await Promise.all([
      download(url, options),
      download(url, options),
    ]);
    assertEquals(both[0], both[1]);
    assertEquals(await Deno.readFile(both[0].path), served.content);
    const parts = [...Deno.readDirSync(options.folder)]
      .filter(({ name }) => name.includes(".part"));
    assertEquals(parts, []);
  }));
