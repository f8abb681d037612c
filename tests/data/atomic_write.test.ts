import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  withAtomicDirectory,
  withAtomicFile,
  writeAll,
  writeAtomic,
} from "../../data/atomic_write.ts";
import { withFolder } from "./with_folder.ts";

const names = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

Deno.test("a file is replaced whole and nothing is left beside it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeAtomic(path, "one");
    await writeAtomic(path, new TextEncoder().encode("zwei ü"));
    assertEquals(await Deno.readTextFile(path), "zwei ü");
    assertEquals(names(folder), ["a.txt"]);
  }));

Deno.test("a failing writer leaves the old file and removes its own", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeAtomic(path, "old");
    await assertRejects(
      () =>
        withAtomicFile(path, async (file) => {
          await writeAll(file, new Uint8Array(100));
          throw new Error("interrupted");
        }),
      Error,
      "interrupted",
    );
    assertEquals(await Deno.readTextFile(path), "old");
    assertEquals(names(folder), ["a.txt"]);
  }));

Deno.test({
  name: "a full disk is named as such",
  // The device that is always full exists on Linux alone.
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const path = join(folder, "a.txt");
      await writeAtomic(path, "old");
      await assertRejects(
        () =>
          withAtomicFile(path, async () => {
            await Deno.writeFile("/dev/full", new Uint8Array(10));
          }),
        Error,
        `Cannot write '${path}': no space is left`,
      );
      assertEquals(await Deno.readTextFile(path), "old");
    }),
});

Deno.test("a missing folder is named", () =>
  withFolder(async (folder) => {
    await assertRejects(
      () => writeAtomic(join(folder, "no", "a.txt"), "x"),
      Error,
      "does not exist; create it first",
    );
  }));

Deno.test("a folder appears whole, replacing the old one", () =>
  withFolder(async (folder) => {
    const target = join(folder, "deep", "corpus");
    for (const content of ["first", "second"]) {
      const seen = await withAtomicDirectory(target, async (temp) => {
        await Deno.mkdir(join(temp, "train"));
        await Deno.writeTextFile(join(temp, "train", content), content);
        return content;
      });
      assertEquals(seen, content);
      assertEquals(names(join(target, "train")), [content]);
    }
    assertEquals(names(join(folder, "deep")), ["corpus"]);
  }));

Deno.test("a folder that fails half-way leaves the old one", () =>
  withFolder(async (folder) => {
    const target = join(folder, "corpus");
    await withAtomicDirectory(
      target,
      (temp) => Deno.writeTextFile(join(temp, "a"), "old"),
    );
    await assertRejects(
      () =>
        withAtomicDirectory(target, async (temp) => {
          await Deno.writeTextFile(join(temp, "a"), "new");
          throw new Error("interrupted");
        }),
      Error,
      "interrupted",
    );
    assertEquals(await Deno.readTextFile(join(target, "a")), "old");
    assertEquals(names(folder), ["corpus"]);
  }));

Deno.test("leftovers of dead processes go, those of living ones stay", () =>
  withFolder(async (folder) => {
    // Above the greatest process id that Linux hands out.
    const dead = join(folder, ".a.txt.99999999-00000000.partial");
    const alive = join(folder, `.a.txt.${Deno.pid}-00000000.partial`);
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const path of [dead, alive]) {
      await Deno.writeTextFile(path, "half");
      await Deno.utime(path, hourAgo, hourAgo);
    }
    await writeAtomic(join(folder, "a.txt"), "x");
    assert(!names(folder).includes(".a.txt.99999999-00000000.partial"));
    assertEquals(names(folder).length, 2);
  }));
