import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { withFolder } from "../../data/with_folder.ts";

/**
 * How far the collector's timing may move the median of 200 samples: between
 * two collections the process grows by some MiB. 6 KiB lost a step would show.
 */
const TOLERANCE = 12 << 20;

/**
 * Steps until the collector has run in full for the first time: it alone frees
 * the records of commands that the device has done.
 */
const WARMUP = 2500;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

// In a process of its own: a test runner's large heap delays the collector.
Deno.test("memory is flat over 2,000 steps", () =>
  withFolder(async (folder) => {
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: [
          "run",
          "-A",
          "--no-check",
          fromFileUrl(import.meta.resolve("./memory_run.ts")),
          folder,
          String(WARMUP + 2000),
        ],
      },
    ).output();
    const text = new TextDecoder();
    assert(success, text.decode(stderr));
    const held: [number, number][] = JSON.parse(text.decode(stdout));
    assertEquals(held.length, WARMUP + 2000);
    assertEquals(new Set(held.map(([, device]) => device)).size, 1);
    const resident = held.map(([rss]) => rss);
    const early = median(resident.slice(WARMUP, WARMUP + 200));
    const late = median(resident.slice(-200));
    console.log(`resident ${early} bytes, then ${late}`);
    assert(late - early < TOLERANCE, `${early} bytes, then ${late}`);
  }));
