import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { train } from "../../../model/train/trainer.ts";
import { withFolder } from "../../data/with_folder.ts";
import { testDevice } from "../../kernels/harness.ts";
import { tinyConfig, writeText } from "../tiny_run.ts";

/**
 * How far the collector's timing may move the median of 200 samples: between
 * two collections the process grows by some MiB. 12 KiB lost a step would show.
 */
const TOLERANCE = 16 << 20;

/** Steps in which the driver's pools of command memory fill, and then stay. */
const WARMUP = 2000;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

Deno.test("memory is flat over 2,000 steps", () =>
  withFolder(async (folder) => {
    const gpu = await testDevice();
    const config = tinyConfig(await writeText(folder), {
      "train.steps": String(WARMUP + 2000),
    });
    const rss: number[] = [];
    const device = new Set<number>();
    for await (
      const event of train({ config, out: join(folder, "run"), gpu })
    ) {
      if (event.type !== "step") continue;
      rss.push(Deno.memoryUsage().rss);
      device.add(gpu.allocatedBytes);
    }
    assertEquals(rss.length, WARMUP + 2000);
    assertEquals(device.size, 1);
    const early = median(rss.slice(WARMUP, WARMUP + 200));
    const late = median(rss.slice(-200));
    console.log(`resident ${early} bytes, then ${late}`);
    assert(late - early < TOLERANCE, `${early} bytes, then ${late}`);
  }));
