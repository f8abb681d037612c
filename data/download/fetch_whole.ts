import { writeAll, writeAtomic } from "../atomic_write.ts";
import { formatBytes } from "../format.ts";
import { InputError } from "../input_error.ts";
import type { DownloadOptions } from "./download_options.ts";
import { headersOf, ifRange, type Version } from "./version.ts";

/** Tries in a row of which none brings a byte. */
const MAX_TRIES = 5;
/** A connection that gives nothing for so long is given up. */
const SILENCE_MS = 60_000;

/** What is known of a part: its version and the length of the whole. */
interface PartState {
  readonly version: Version;
  readonly totalBytes: number | null;
}

/**
 * Downloads a file, going on with a part that is there.
 *
 * @param url What to download.
 * @param part Where to; what is known of it is kept in a `.json` beside it.
 * @param options Who is told, and how long to wait.
 * @returns The version of what is at `part` now, whole.
 * @throws {InputError} If the server does not have it, or cannot be reached;
 * what has come is kept.
 */
export async function fetchWhole(
  url: string,
  part: string,
  options: DownloadOptions,
): Promise<Version> {
  const file = await Deno.open(part, { read: true, write: true, create: true });
  try {
    let state = await readState(`${part}.json`, url);
    let tries = 0;
    for (;;) {
      const before = (await file.stat()).size;
      let problem: string;
      try {
        const done = await fetchOnce(
          url,
          file,
          state,
          options,
          async (next) => {
            state = next;
            await writeAtomic(
              `${part}.json`,
              JSON.stringify({ url, ...next }) + "\n",
            );
          },
        );
        if (done !== null) {
          await file.sync();
          await Deno.remove(`${part}.json`);
          return done;
        }
        problem = "the connection ended too early";
      } catch (error) {
        if (error instanceof InputError) throw error;
        if (!(error instanceof Error) || isLocal(error)) throw error;
        problem = error.message;
      }
      const here = (await file.stat()).size;
      tries = here > before ? 1 : tries + 1;
      if (tries >= MAX_TRIES) {
        throw new InputError(
          `Cannot download '${url}': ${problem.replaceAll(/\s+/g, " ")}; ${
            formatBytes(here)
          } are kept, run again to go on`,
        );
      }
      const delay = (options.retryDelay ?? 1000) * 2 ** (tries - 1);
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  } finally {
    file.close();
  }
}

/**
 * One request. Returns the version when the file is whole, null when the
 * connection ended before.
 */
async function fetchOnce(
  url: string,
  file: Deno.FsFile,
  state: PartState | null,
  options: DownloadOptions,
  onState: (state: PartState) => Promise<void>,
): Promise<Version | null> {
  let here = (await file.stat()).size;
  const validator = state && ifRange(state.version);
  const headers = new Headers({ "accept-encoding": "identity" });
  if (here > 0 && validator !== null) {
    headers.set("range", `bytes=${here}-`);
    headers.set("if-range", validator);
  }
  const abort = new AbortController();
  const giveUp = () => abort.abort(new Error("the server has gone silent"));
  let timer = setTimeout(giveUp, SILENCE_MS);
  try {
    const response = await fetch(url, { headers, signal: abort.signal });
    let current = state;
    if (response.status === 206 && current !== null) {
      const from = /^bytes (\d+)-/.exec(
        response.headers.get("content-range") ?? "",
      )?.[1];
      if (Number(from) !== here) {
        await response.body?.cancel();
        throw new InputError(
          `Cannot download '${url}': the server sends another range than the one asked for`,
        );
      }
    } else if (response.status === 200) {
      const { version, length } = headersOf(response);
      current = { version, totalBytes: length };
      await file.truncate(0);
      here = 0;
      await onState(current);
    } else {
      await response.body?.cancel();
      if (response.status === 416) {
        // The part is longer than what the server has now.
        await file.truncate(0);
        throw new Error("the server has no such range");
      }
      refuse(url, response);
    }
    if (current === null) throw new Error("the server sends an odd answer");
    await file.seek(here, Deno.SeekMode.Start);
    const { totalBytes, version } = current;
    options.onProgress?.({ url, bytes: here, totalBytes });
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE_MS);
      await writeAll(file, chunk);
      here += chunk.length;
      options.onProgress?.({ url, bytes: here, totalBytes });
    }
    if (totalBytes === null || here === totalBytes) return version;
    if (here > totalBytes) await file.truncate(0);
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** Ends at once where a further try is of no use. */
function refuse(url: string, { status, statusText }: Response): never {
  const answer = `the server answers ${status} ${statusText}`.trimEnd();
  if (status >= 500 || status === 429 || status === 408) {
    throw new Error(answer);
  }
  throw new InputError(
    `Cannot download '${url}': ${answer}; check the address`,
  );
}

/** Whether the trouble is with the disk and not with the connection. */
function isLocal(error: Error): boolean {
  return "code" in error &&
    ["ENOSPC", "EDQUOT", "EACCES", "EROFS"].includes(String(error.code));
}

async function readState(path: string, url: string): Promise<PartState | null> {
  let value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(path));
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  if (!("url" in value && value.url === url)) return null;
  if (!("version" in value) || typeof value.version !== "object") return null;
  const fields = new Map<string, unknown>(Object.entries(value.version ?? {}));
  const text = (name: string): string | null => {
    const field = fields.get(name);
    return typeof field === "string" ? field : null;
  };
  const totalBytes = "totalBytes" in value ? value.totalBytes : null;
  return {
    version: { etag: text("etag"), lastModified: text("lastModified") },
    totalBytes: typeof totalBytes === "number" ? totalBytes : null,
  };
}
