import { basename, join } from "@std/path";
import { createHash } from "node:crypto";
import { writeAtomic } from "../atomic_write.ts";
import { cacheFolder } from "../cache_folder.ts";
import { InputError } from "../input_error.ts";
import type { DownloadOptions } from "./download_options.ts";
import { fetchWhole } from "./fetch_whole.ts";
import { headersOf, isSameVersion, type Version } from "./version.ts";

/** A file that was downloaded. */
export interface Downloaded {
  /** Where it is. */
  readonly path: string;
  /** Its size in bytes. */
  readonly bytes: number;
  /** SHA-256 of its content, in hexadecimal. */
  readonly sha256: string;
  /** When it came, in milliseconds since 1970. */
  readonly modified: number;
}

/** What stands in the JSON file beside a downloaded one. */
interface Kept extends Version {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Last change of the file, in milliseconds since 1970. */
  readonly modified: number;
}

const HEAD_TIMEOUT_MS = 10_000;

/**
 * Downloads a file into the cache, or finds it there. A download that breaks
 * off goes on where it stopped, now or when it is called again; a file that is
 * here is used as long as it is unchanged and the server, if it answers, has no
 * other. Beside it a JSON file says where it is from and what it should be.
 *
 * @param url What to download, by `http:` or `https:`.
 * @param options Where to, and who is told.
 * @returns Where it is.
 * @throws {InputError} If the server does not have it or cannot be reached.
 */
export async function download(
  url: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const cache = cacheFolder();
  const folder = options.folder ?? (cache && join(cache, "downloads"));
  if (folder === undefined) {
    throw new InputError(
      `Cannot download '${url}': there is no cache folder; set MINNOW_CACHE to one`,
    );
  }
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, fileName(url));
  // Two programs must not write one file.
  const lock = await Deno.open(`${path}.lock`, { write: true, create: true });
  try {
    await lock.lock(true);
    const record = await readRecord(`${path}.json`, url);
    if (record !== null) {
      const change = await changeHere(path, record) ??
        await changeThere(record);
      if (change === null) {
        const { bytes, sha256, modified } = record;
        return { path, bytes, sha256, modified };
      }
      options.onChange?.(`'${url}' is downloaded again: ${change}`);
    }
    const version = await fetchWhole(url, `${path}.part`, options);
    await Deno.rename(`${path}.part`, path);
    const { size, mtime } = await Deno.stat(path);
    const made: Kept = {
      url,
      bytes: size,
      sha256: await sha256Of(path),
      modified: mtime?.getTime() ?? 0,
      ...version,
    };
    await writeAtomic(`${path}.json`, JSON.stringify(made, null, 2) + "\n");
    if (record !== null && record.sha256 !== made.sha256) {
      options.onChange?.(
        `'${url}' has another content than before: SHA-256 ${made.sha256} instead of ${record.sha256}`,
      );
    }
    const { bytes, sha256, modified } = made;
    return { path, bytes, sha256, modified };
  } finally {
    lock.close();
  }
}

/** A name that is unique to the URL and tells people what it is. */
function fileName(url: string): string {
  const name = basename(new URL(url).pathname).replaceAll(/[^\w.-]/g, "_");
  const id = createHash("sha256").update(url).digest("hex").slice(0, 16);
  return `${id}-${name.slice(-80)}`;
}

/** What is known of a file that is here, or null where that is of no use. */
async function readRecord(path: string, url: string): Promise<Kept | null> {
  let value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(path));
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const fields = new Map<string, unknown>(Object.entries(value));
  const bytes = fields.get("bytes"), sha256 = fields.get("sha256");
  const modified = fields.get("modified");
  if (
    fields.get("url") !== url || typeof bytes !== "number" ||
    typeof sha256 !== "string" || typeof modified !== "number"
  ) return null;
  const text = (name: string): string | null => {
    const field = fields.get(name);
    return typeof field === "string" ? field : null;
  };
  return {
    url,
    bytes,
    sha256,
    modified,
    etag: text("etag"),
    lastModified: text("lastModified"),
  };
}

/** What has happened to the file here since it was downloaded, or null. */
async function changeHere(
  path: string,
  record: Kept,
): Promise<string | null> {
  const info = await Deno.stat(path).catch(() => null);
  if (info === null) return "the file kept is gone";
  if (info.size !== record.bytes) {
    return `the file kept has ${info.size} bytes instead of ${record.bytes}`;
  }
  // Reading hundreds of gigabytes at each start would take minutes.
  if (info.mtime?.getTime() === record.modified) return null;
  const sha256 = await sha256Of(path);
  return sha256 === record.sha256
    ? null
    : `the file kept has the SHA-256 ${sha256} instead of ${record.sha256}`;
}

/** What has happened to the file on the server, or null where nothing is known. */
async function changeThere(record: Kept): Promise<string | null> {
  let response: Response;
  try {
    response = await fetch(record.url, {
      method: "HEAD",
      headers: { "accept-encoding": "identity" },
      signal: AbortSignal.timeout(HEAD_TIMEOUT_MS),
    });
    await response.body?.cancel();
  } catch {
    return null;
  }
  if (!response.ok) return null;
  const { version, length } = headersOf(response);
  if (length !== null && length !== record.bytes) {
    return `the server has ${length} bytes instead of ${record.bytes}`;
  }
  return isSameVersion(version, record) ? null : "the server has a newer one";
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}
