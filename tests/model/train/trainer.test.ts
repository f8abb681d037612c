import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { parse } from "@std/csv";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { METRICS_COLUMNS } from "../../../model/train/metrics_csv.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";
import { train } from "../../../model/train/trainer.ts";
import { withFolder } from "../../data/with_folder.ts";
import { testDevice } from "../../kernels/harness.ts";
import { eventsOf, tinyConfig, trainTiny, writeText } from "../tiny_run.ts";

Deno.test("a run reports its events in order and learns", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      "train.steps": "40",
      "evaluate.every": "10",
      "checkpoint.every": "15",
      "checkpoint.keep": "1",
    });
    const events = await trainTiny({ config, out: join(folder, "run") });
    const steps = eventsOf(events, "step");
    assertEquals(
      steps.map(({ step }) => step),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    assertEquals(
      events.filter(({ type }) => type !== "step" && type !== "notice")
        .map((event) => `${event.type} ${"step" in event ? event.step : ""}`),
      [
        "started 0",
        "evaluated 10",
        "checkpointed 10",
        "checkpointed 15",
        "evaluated 20",
        "checkpointed 20",
        "evaluated 30",
        "checkpointed 30",
        "evaluated 40",
        "checkpointed 40",
        "finished 40",
      ],
    );
    for (const [i, event] of steps.entries()) {
      assertEquals(event.tokens, (i + 1) * 4 * 32);
      assert(event.gradientNorm > 0 && event.tokensPerSecond > 0);
      assert(event.seconds >= (steps[i - 1]?.seconds ?? 0));
      assertEquals(event.skipped, false);
      assert(event.flops > event.tokens);
    }
    // A fresh model guesses among 257 tokens; the text has about 20.
    assertAlmostEquals(steps[0].trainLoss, Math.log(257), 0.3);
    assert(steps[39].trainLoss < 2.2, `${steps[39].trainLoss}`);
    const losses = eventsOf(events, "evaluated");
    const [first, , , last] = losses.map((event) => event.validationLoss);
    assert(last < first, `${first} to ${last}`);
    for (const { validationLoss, bitsPerByte } of losses) {
      // One token in a few thousand is no byte but the end of the text.
      assertAlmostEquals(bitsPerByte ?? NaN, validationLoss / Math.LN2, 0.01);
    }
    const [finished] = eventsOf(events, "finished");
    assertEquals(finished.reason, "completed");
    assertEquals(finished.validationLoss, last);
    assertEquals(
      finished.checkpoint,
      join(folder, "run", "checkpoints", "step-40"),
    );
  }));

Deno.test("a run leaves files that say all about it", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      "evaluate.every": "5",
      "checkpoint.every": "3",
      "checkpoint.keep": "2",
    });
    const out = join(folder, "run");
    const events = await trainTiny({ config, out });
    const [started] = eventsOf(events, "started");

    const yaml = await Deno.readTextFile(join(out, "run.yaml"));
    assertEquals(parseRunConfig(yaml, "run.yaml"), config);

    const plan = JSON.parse(await Deno.readTextFile(join(out, "plan.json")));
    assertEquals(plan.peak_bytes, started.peakBytes);
    assertEquals(plan.bytes, { ...started.planBytes });
    assertEquals(plan.parameters, started.parameters);
    assertEquals([plan.steps, plan.tokens], [12, 12 * 128]);
    const buffers: { bytes: number }[] = plan.buffers;
    assertEquals(
      buffers.reduce((sum, { bytes }) => sum + bytes, 0),
      started.peakBytes,
    );

    const [header, ...rows] = parse(
      await Deno.readTextFile(join(out, "metrics.csv")),
    );
    assertEquals(header, [...METRICS_COLUMNS]);
    const column = (name: typeof METRICS_COLUMNS[number]) =>
      rows.map((row) => row[METRICS_COLUMNS.indexOf(name)]);
    assertEquals(
      column("step").join(" "),
      "1 2 3 4 5 5 6 7 8 9 10 10 11 12 12",
    );
    const steps = eventsOf(events, "step");
    assertEquals(
      column("train_loss").filter(Boolean).map(Number),
      steps.map((event) => event.trainLoss),
    );
    assertEquals(
      column("lr").filter(Boolean).map(Number),
      steps.map((event) => event.learningRate),
    );
    assertEquals(
      column("val_loss").filter(Boolean).map(Number),
      eventsOf(events, "evaluated").map((event) => event.validationLoss),
    );
    assertEquals(
      new Set(column("peak_bytes")),
      new Set([
        "",
        String(started.peakBytes),
      ]),
    );

    const best = JSON.parse(
      await Deno.readTextFile(join(out, "checkpoints", "best.json")),
    );
    const lowest = Math.min(
      ...eventsOf(events, "evaluated").map((event) => event.validationLoss),
    );
    assertEquals(best.loss, lowest);
    const saved = eventsOf(events, "checkpointed").map(({ step }) => step);
    assert(saved.length > 3);
    assertEquals(
      [...Deno.readDirSync(join(out, "checkpoints"))]
        .map(({ name }) => name).sort(),
      [
        "best.json",
        ...new Set([best.step, ...saved.slice(-2)].map((n) => `step-${n}`)),
      ].sort(),
    );
    assertEquals(
      [...Deno.readDirSync(join(out, "checkpoints", "step-12"))]
        .map(({ name }) => name).sort(),
      [
        "config.json",
        "model.safetensors",
        "optimizer.safetensors",
        "state.json",
        "tokenizer.json",
        "tokenizer_config.json",
      ],
    );
  }));

Deno.test("aborting ends a run after the step under way, with a checkpoint", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder));
    const out = join(folder, "run");
    const abort = new AbortController();
    const events = await trainTiny({ config, out, signal: abort.signal }, (
      event,
    ) => {
      if (event.type === "step" && event.step === 4) abort.abort();
    });
    const [finished] = eventsOf(events, "finished");
    assertEquals(finished.reason, "interrupted");
    const last = eventsOf(events, "step").length;
    assert(last >= 4 && last < 12);
    assertEquals(finished.step, last);
    assertEquals(finished.checkpoint, join(out, "checkpoints", `step-${last}`));
  }));

Deno.test("two micro-batches are one batch of twice the size", () =>
  withFolder(async (folder) => {
    const data = await writeText(folder);
    const losses: number[][] = [];
    for (const [batch, accumulation] of [[4, 1], [2, 2]]) {
      const config = tinyConfig(data, {
        "train.batch": String(batch),
        "train.accumulation": String(accumulation),
        "train.steps": "6",
      });
      const out = join(folder, `run ${batch}`);
      const events = await trainTiny({ config, out });
      losses.push(eventsOf(events, "step").map((event) => event.trainLoss));
    }
    const [whole, halves] = losses;
    // The same sums in another order.
    whole.forEach((loss, i) => assertAlmostEquals(halves[i], loss, 1e-4));
  }));

Deno.test("gradients that are not finite are reported, and nothing crashes", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      "train.rollback": "false",
      "optimizer.learning_rate": "1e30",
      "optimizer.minimum_learning_rate": "1e30",
      "schedule.warmup": "0",
      "evaluate.every": "3",
    });
    const out = join(folder, "run");
    const events = await trainTiny({ config, out });
    const skipped = eventsOf(events, "step").map((event) => event.skipped);
    assertEquals(skipped[0], false);
    assert(skipped.slice(2).every(Boolean), `${skipped}`);
    assertEquals(eventsOf(events, "finished")[0].step, 12);
    // Numbers that are not finite have to stay readable for machines.
    const [, ...rows] = parse(
      await Deno.readTextFile(join(out, "metrics.csv")),
    );
    assertEquals(rows.length, 12 + 4);
    const state = JSON.parse(
      await Deno.readTextFile(
        join(out, "checkpoints", "step-12", "state.json"),
      ),
    );
    assertEquals(state.step, 12);
  }));

Deno.test("a folder that holds a run, or in which one trains, is refused", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder));
    const out = join(folder, "run");
    const options = { config, out };
    const running = train({ ...options, gpu: await testDevice() });
    assertEquals((await running.next()).value?.type, "started");
    const beside = await assertRejects(() => trainTiny(options), InputError);
    assertStringIncludes(beside.message, "another process trains there");
    for await (const event of running) assert(event.type !== "started");

    const again = await assertRejects(() => trainTiny(options), InputError);
    assertStringIncludes(again.message, `--resume ${out}`);
    const nothing = { ...options, out: join(folder, "none"), resume: true };
    const missing = await assertRejects(() => trainTiny(nothing), InputError);
    assertStringIncludes(missing.message, "it has no checkpoint");
  }));
