import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { prepareSweep } from "../../../model/budget/prepare_sweep.ts";
import { runSweep, type SweepEvent } from "../../../model/budget/run_sweep.ts";
import { USUAL_LAW } from "../../../model/budget/scaling_law.ts";
import { SweepFolder } from "../../../model/budget/sweep_folder.ts";
import type { SweepResult } from "../../../model/budget/sweep_result.ts";
import { withFolder } from "../../data/with_folder.ts";
import { testDevice } from "../../kernels/harness.ts";
import { tinyConfig, writeText } from "../tiny_run.ts";

/** Two models of thousands of parameters for a hundred million FLOP. */
const GRID = { budgets: [1e8], ratios: [1, 1.6], law: USUAL_LAW };

/** Sweeps until all is finished, or until an event says to stop. */
async function sweep(
  path: string,
  text: string,
  resume: boolean,
  stopAt: (event: SweepEvent) => boolean = () => false,
): Promise<{ results: SweepResult[]; events: SweepEvent[] }> {
  const gpu = await testDevice();
  using folder = await SweepFolder.open(path, resume);
  const config = tinyConfig(text, { "train.tune": "off" });
  const base = { config, given: new Set<string>() };
  const prepared = await prepareSweep({
    folder: path,
    base,
    gpu,
    memory: null,
  });
  await folder.describe(base, [GRID]);
  const abort = new AbortController();
  const events: SweepEvent[] = [];
  for await (
    const event of runSweep({
      folder,
      points: prepared.plan([GRID]).points,
      uniqueTokens: prepared.uniqueTokens,
      gpu,
      signal: abort.signal,
    })
  ) {
    events.push(event);
    if (stopAt(event)) abort.abort();
  }
  return { results: [...folder.results.values()], events };
}

Deno.test("an interrupted sweep goes on to the results of one that was not", () =>
  withFolder(async (folder) => {
    const text = await writeText(folder);
    const whole = await sweep(join(folder, "whole"), text, false);
    assertEquals(whole.results.length, 2);
    const [small, large] = whole.results;
    assert(small.chosen && !large.chosen);
    assert(small.parameters < large.parameters);
    assert(small.tokens > large.tokens);
    for (const { loss, flops, bits_per_byte } of whole.results) {
      assert(loss > 0.5 && loss < Math.log(257), String(loss));
      assert(bits_per_byte !== null && bits_per_byte > 0);
      assert(Math.abs(flops / 1e8 - 1) < 0.03);
    }

    // Stopped in the middle of the second run.
    const path = join(folder, "halves");
    const half = await sweep(
      path,
      text,
      false,
      (event) =>
        event.type === "progress" && event.finished === 1 &&
        event.trainLoss !== null,
    );
    assertEquals(half.results.length, 1);
    const rest = await sweep(path, text, true);
    assertEquals(
      rest.results.map(({ loss }) => loss),
      whole.results.map(({ loss }) => loss),
    );
    assertEquals(
      rest.events.filter(({ type }) => type === "point").length,
      1,
    );
    // Nothing is left to do, and the tokens are those made at first.
    assertEquals((await sweep(path, text, true)).events, []);
  }));

Deno.test("progress tells the share of all arithmetic and the time left", () =>
  withFolder(async (folder) => {
    const text = await writeText(folder);
    const { events, results } = await sweep(join(folder, "s"), text, false);
    const progress = events.filter((event) => event.type === "progress");
    assertEquals(
      progress.length,
      2 + results.reduce((sum, { steps }) => sum + steps, 0),
    );
    progress.forEach(({ share, secondsLeft }, i) => {
      assert(share >= (progress[i - 1]?.share ?? 0) && share <= 1);
      assert(i === 0 || secondsLeft >= 0);
    });
    const last = progress.at(-1);
    assert(last && Math.abs(last.share - 1) < 1e-9 && last.secondsLeft === 0);
    // Only numbers stay of a run.
    const kept = [
      ...Deno.readDirSync(join(folder, "s", "points", results[0].name)),
    ]
      .map(({ name }) => name);
    assert(kept.includes("metrics.csv") && kept.includes("run.yaml"));
    assert(!kept.includes("checkpoints"));
  }));
