import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { listCheckpoints } from "../../../model/train/checkpoint.ts";
import type { RunConfig } from "../../../model/train/run_config.ts";
import { metricsCells } from "../metrics_cells.ts";
import { withFolder } from "../../data/with_folder.ts";
import { fillDisk, PAGE_BYTES, withSmallDisk } from "../../small_disk.ts";
import { minnow } from "../../minnow.ts";
import { tinyConfig, trainTiny, writeText } from "../tiny_run.ts";

const OVERRIDES = { "train.steps": "9", "checkpoint.every": "3" };
/** Less than a checkpoint of the tiny model takes. */
const FREE_BYTES = 200 << 10;

/** Trains to the first step and its checkpoint. */
async function trainUntilSaved(config: RunConfig, out: string): Promise<void> {
  const abort = new AbortController();
  await trainTiny({ config, out, signal: abort.signal }, ({ type }) => {
    if (type === "step") abort.abort();
  });
}

Deno.test("a full disk costs a run nothing but the steps since its checkpoint", () =>
  withSmallDisk(8 << 20, (disk) =>
    withFolder(async (folder) => {
      const data = await writeText(folder);
      const [run, whole, ballast] = [
        join(disk, "run"),
        join(folder, "whole"),
        join(disk, "ballast"),
      ];
      await trainTiny({ config: tinyConfig(data, OVERRIDES), out: whole });

      await trainUntilSaved(tinyConfig(data, OVERRIDES), run);
      const before = await listCheckpoints(run);
      await fillDisk(ballast, FREE_BYTES);

      const full = await minnow(["train", "--resume", run]);
      assertEquals(full.code, 1, full.stderr);
      assertMatch(
        full.stderr,
        /minnow: Cannot write '[^']*step-6': no space is left on its disk[^\n]*\n$/,
      );
      assertEquals(await listCheckpoints(run), before);
      assertEquals(
        [...Deno.readDirSync(join(run, "checkpoints"))]
          .filter(({ name }) => name.startsWith(".")),
        [],
      );

      await Deno.remove(ballast);
      const resumed = await minnow(["train", "--resume", run]);
      assertEquals(resumed.code, 0, resumed.stderr);
      assertEquals(await metricsCells(run), await metricsCells(whole));
    })));

Deno.test("a disk that fills between checkpoints names the table", () =>
  withSmallDisk(8 << 20, (disk) =>
    withFolder(async (folder) => {
      const [out, ballast] = [join(disk, "run"), join(disk, "ballast")];
      // More rows than fit in what is left.
      const config = tinyConfig(await writeText(folder), {
        "train.steps": "400",
        "checkpoint.every": "300",
      });
      await trainUntilSaved(config, out);
      await fillDisk(ballast, 2 * PAGE_BYTES);
      const { code, stderr } = await minnow(["train", "--resume", out]);
      assertEquals(code, 1, stderr);
      assertMatch(
        stderr,
        /minnow: Cannot append to '[^']*metrics\.csv': No space left[^\n]*\n$/,
      );
    })));
