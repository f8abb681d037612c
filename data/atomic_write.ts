import { basename, dirname, join } from "@std/path";
import process from "node:process";
import { exists } from "./exists.ts";
import { removeIfThere } from "./remove_if_there.ts";

/** Leftovers younger than this may still be in use by another machine. */
const LEFTOVER_AGE_MS = 10 * 60 * 1000;

/**
 * Writes a whole file so that a reader sees the old content or the new, never
 * a part: it is written beside its place, synced, then renamed.
 *
 * @param path Where the file shall stand; its folder has to exist.
 * @param content UTF-8 text or bytes.
 * @throws {Error} If the disk is full or the folder cannot be written; what
 * stood at `path` is unchanged.
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  await withAtomicFile(path, (file) => writeAll(file, bytes));
}

/**
 * As {@linkcode writeAtomic}, for a file that is streamed: `write` gets the
 * open file beside the target; when it returns, the file is synced and takes
 * the target's place, when it throws, the file is removed.
 *
 * @param path Where the file shall stand; its folder has to exist.
 * @param write Writes the content; may seek. The file is closed for it.
 * @returns What `write` returns.
 */
export async function withAtomicFile<T>(
  path: string,
  write: (file: Deno.FsFile) => Promise<T> | T,
): Promise<T> {
  const beside = await reserveBeside(path);
  try {
    const file = await Deno.open(beside, { write: true, createNew: true });
    let result: T;
    try {
      result = await write(file);
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(beside, path);
    await syncFolder(dirname(path));
    return result;
  } catch (error) {
    await removeIfThere(beside);
    throw describe(error, path);
  }
}

/**
 * Fills a folder beside its place, syncs everything in it, then renames it
 * into place, replacing a folder that stands there. A process killed in the
 * middle leaves the old folder, or for the instant between two renames none,
 * but never a partial one.
 *
 * @param target Where the folder shall stand; missing parents are made.
 * @param fill Writes the content into the folder it is given.
 * @returns What `fill` returns.
 * @throws {Error} Whatever `fill` throws, or if the disk is full; what stood
 * at `target` is unchanged.
 */
export async function withAtomicDirectory<T>(
  target: string,
  fill: (folder: string) => Promise<T> | T,
): Promise<T> {
  await Deno.mkdir(dirname(target), { recursive: true });
  const beside = await reserveBeside(target);
  const replaced = `${beside}.replaced`;
  try {
    await Deno.mkdir(beside);
    const result = await fill(beside);
    await syncTree(beside);
    if (await exists(target)) await Deno.rename(target, replaced);
    await Deno.rename(beside, target);
    await syncFolder(dirname(target));
    await removeIfThere(replaced);
    return result;
  } catch (error) {
    if (await exists(replaced) && !await exists(target)) {
      await Deno.rename(replaced, target);
    }
    await removeIfThere(beside);
    throw describe(error, target);
  }
}

/**
 * Writes all of `bytes` at the file's position; a single write may stop short.
 *
 * @param file An open file.
 * @param bytes What to write.
 */
export async function writeAll(
  file: Deno.FsFile,
  bytes: Uint8Array,
): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += await file.write(bytes.subarray(written));
  }
}

/**
 * A name beside `path` that no other process uses. Names of processes that
 * died before they could clean up are removed on the way.
 */
async function reserveBeside(path: string): Promise<string> {
  const folder = dirname(path);
  const prefix = `.${basename(path)}.`;
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.name.startsWith(prefix)) continue;
      const pid = /^(\d+)-[0-9a-f]{8}\.partial(\.replaced)?$/
        .exec(entry.name.slice(prefix.length))?.[1];
      if (pid === undefined || isRunning(Number(pid))) continue;
      const leftover = join(folder, entry.name);
      const { mtime } = await Deno.lstat(leftover);
      if (mtime && Date.now() - mtime.getTime() > LEFTOVER_AGE_MS) {
        await removeIfThere(leftover);
      }
    }
  } catch (error) {
    throw describe(error, path);
  }
  const id = crypto.randomUUID().slice(0, 8);
  return join(folder, `${prefix}${Deno.pid}-${id}.partial`);
}

/** Signal 0 asks whether a process exists without touching it. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return !(error instanceof Error && "code" in error &&
      error.code === "ESRCH");
  }
}

async function syncTree(folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) await syncTree(path);
    else if (entry.isFile) await syncPath(path, { read: true, write: true });
  }
  await syncFolder(folder);
}

/** Makes a rename inside `folder` durable where folders can be synced. */
async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder as a file and needs no such sync.
  if (Deno.build.os !== "windows") await syncPath(folder, { read: true });
}

async function syncPath(path: string, mode: Deno.OpenOptions): Promise<void> {
  const file = await Deno.open(path, mode);
  try {
    await file.sync();
  } finally {
    file.close();
  }
}

/** Says which file could not be written when the system's error does not. */
function describe(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new Error(
      `Cannot write '${path}': no space is left on its disk; free some and run again (what stood there before is unchanged)`,
      { cause: error },
    );
  }
  if (error instanceof Deno.errors.NotFound) {
    return new Error(
      `Cannot write '${path}': its folder '${
        dirname(path)
      }' does not exist; create it first`,
      { cause: error },
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new Error(
      `Cannot write '${path}': permission denied; choose another place or change the folder's rights`,
      { cause: error },
    );
  }
  return error;
}
