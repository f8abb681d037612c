import { join } from "@std/path";
import { withFolder } from "./data/with_folder.ts";

/** Bytes that a small disk gives out at a time. */
export const PAGE_BYTES = 4096;

/**
 * Runs a body with a small disk of its own, where the system lets a test.
 *
 * @param bytes Size of the disk.
 * @param body Gets the folder where it is mounted.
 */
export async function withSmallDisk(
  bytes: number,
  body: (disk: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const disk = join(folder, "disk");
    await Deno.mkdir(disk);
    if (
      !await call(
        "mount",
        "-t",
        "tmpfs",
        "-o",
        `size=${bytes}`,
        "tmpfs",
        disk,
      )
    ) {
      console.log("skipped: this user cannot mount a small disk");
      return;
    }
    try {
      await body(disk);
    } finally {
      await call("umount", disk);
    }
  });
}

async function call(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Fills a disk.
 *
 * @param path A new file on it.
 * @param free Bytes to leave free.
 */
export async function fillDisk(path: string, free: number): Promise<void> {
  const file = await Deno.open(path, { createNew: true, write: true });
  const block = new Uint8Array(PAGE_BYTES);
  try {
    for (;;) await file.write(block);
  } catch (error) {
    if (
      !(error instanceof Error && "code" in error && error.code === "ENOSPC")
    ) {
      throw error;
    }
    await file.truncate((await file.stat()).size - free);
  } finally {
    file.close();
  }
}
