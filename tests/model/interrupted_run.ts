import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { TrainEvent } from "../../model/train/events.ts";
import type { RunConfig } from "../../model/train/run_config.ts";
import { metricsCells } from "./metrics_cells.ts";
import { eventsOf, trainTiny } from "./tiny_run.ts";

/**
 * Trains a run as a whole, and again interrupted and resumed, and asserts that
 * both end with the same bits.
 *
 * @param config The run, of a number of steps.
 * @param folder Where both runs' folders go, `whole` and `run`.
 * @param at Step after which the second is interrupted.
 * @returns Events of the whole run, and the checkpoint that it ended with.
 */
export async function assertResumesAlike(
  config: RunConfig,
  folder: string,
  at: number,
): Promise<{ events: TrainEvent[]; checkpoint: string }> {
  const [whole, out] = ["whole", "run"].map((name) => join(folder, name));
  const events = await trainTiny({ config, out: whole });
  const [{ step: last }] = eventsOf(events, "finished");
  const stop = new AbortController();
  const first = await trainTiny(
    { config, out, signal: stop.signal },
    (event) => {
      if (event.type === "step" && event.step === at) stop.abort();
    },
  );
  const [{ step }] = eventsOf(first, "finished");
  assert(step >= at && step < last, `interrupted at ${step} of ${last}`);
  await trainTiny({ config, out, resume: true });
  assertEquals(await metricsCells(out), await metricsCells(whole));
  const checkpoint = (run: string) => join(run, "checkpoints", `step-${last}`);
  for (const file of ["model.safetensors", "optimizer.safetensors"]) {
    const [a, b] = await Promise.all(
      [whole, out].map((run) => Deno.readFile(join(checkpoint(run), file))),
    );
    assertEquals(a, b, file);
  }
  return { events, checkpoint: checkpoint(whole) };
}
