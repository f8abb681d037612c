import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { Random } from "../../../data/random.ts";
import { listCheckpoints } from "../../../model/train/checkpoint.ts";
import { withFolder } from "../../data/with_folder.ts";
import { minnow, type Outcome, outcomeOf, startMinnow } from "../../minnow.ts";
import { metricsCells } from "../metrics_cells.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";
import { parseTrainingState } from "../../../model/train/training_state.ts";
import {
  eventsOf,
  TINY_YAML,
  tinyConfig,
  trainTiny,
  writeText,
} from "../tiny_run.ts";

const ignore = Deno.build.os === "windows";

const STEPS = 60;
const OVERRIDES = {
  "train.steps": String(STEPS),
  "evaluate.every": "10",
  "checkpoint.every": "20",
  "checkpoint.best": "false",
};

/** Steps that a run has noted so far. */
async function stepsIn(run: string): Promise<number> {
  const text = await Deno.readTextFile(join(run, "metrics.csv"))
    .catch(() => "");
  return Number(/\n(\d+),[^\n]*\n$/.exec(text)?.[1] ?? 0);
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  while (!await reached()) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A run to interrupt in `folder/run`, and one that was not in `folder/whole`. */
async function withRuns(
  body: (start: () => Deno.ChildProcess, paths: {
    readonly data: string;
    readonly run: string;
    readonly whole: string;
  }) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const data = await writeText(folder);
    const [run, whole] = ["run", "whole"].map((name) => join(folder, name));
    const yaml = join(folder, "tiny.yaml");
    await Deno.writeTextFile(yaml, TINY_YAML);
    await trainTiny({ config: tinyConfig(data, OVERRIDES), out: whole });
    const overrides = Object.entries(OVERRIDES)
      .flatMap(([key, value]) => ["--config", `${key}=${value}`]);
    const start = () =>
      startMinnow(["train", yaml, "--data", data, "--out", run, ...overrides]);
    await body(start, { data, run, whole });
  });
}

/** Resumes a run and checks that it ends as the other one did. */
async function assertResumes(run: string, whole: string): Promise<Outcome> {
  const outcome = await minnow(["train", "--resume", run]);
  assertEquals(outcome.code, 0, outcome.stderr);
  assertEquals(await metricsCells(run), await metricsCells(whole));
  const file = join("checkpoints", `step-${STEPS}`, "model.safetensors");
  assertEquals(
    await Deno.readFile(join(run, file)),
    await Deno.readFile(join(whole, file)),
  );
  return outcome;
}

Deno.test({
  name: "a run killed at any moment resumes with the same bits",
  ignore,
  fn: () =>
    withRuns(async (start, { run, whole }) => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      console.log(`seed ${seed}`);
      const target = 20 + new Random(seed).integer(STEPS - 25);
      const child = start();
      const [outcome] = await Promise.all([
        outcomeOf(child),
        until(async () =>
          await stepsIn(run) >= target &&
          (await listCheckpoints(run)).length > 0
        ).then(() => child.kill("SIGKILL")),
      ]);
      assertEquals(outcome.code, 128 + 9, outcome.stderr);
      assert(await stepsIn(run) >= target);
      const { stdout } = await assertResumes(run, whole);
      assertMatch(stdout, /going on from step [24]0\n/);
      // A run that is complete has nothing left to learn, and changes nothing.
      await assertResumes(run, whole);
    }),
});

Deno.test({
  name: "an interrupted run writes a checkpoint and resumes without its text",
  ignore,
  fn: () =>
    withRuns(async (start, { data, run, whole }) => {
      const child = start();
      const [outcome] = await Promise.all([
        outcomeOf(child),
        until(async () => await stepsIn(run) >= 5)
          .then(() => child.kill("SIGINT")),
      ]);
      assertEquals(outcome.code, 130);
      assertStringIncludes(outcome.stderr, "writing a checkpoint");
      assertStringIncludes(outcome.stdout, "interrupted after");
      const [{ step }] = (await listCheckpoints(run)).slice(-1);
      assertEquals(step, await stepsIn(run));
      assert(step < STEPS);
      await Deno.remove(data);
      const { stdout } = await assertResumes(run, whole);
      assertStringIncludes(stdout, `going on from step ${step}\n`);
    }),
});

Deno.test({
  name: "a run killed while it writes a checkpoint resumes from the one before",
  ignore,
  fn: () =>
    withRuns(async (start, { run, whole }) => {
      const checkpoints = join(run, "checkpoints");
      const partial = () =>
        [...Deno.readDirSync(checkpoints)].map(({ name }) => name)
          .filter((name) => name.startsWith(".step-"));
      const child = start();
      const [outcome] = await Promise.all([
        outcomeOf(child),
        until(async () =>
          (await listCheckpoints(run)).length > 0 && partial().length > 0
        ).then(() => child.kill("SIGKILL")),
      ]);
      assertEquals(outcome.code, 128 + 9, outcome.stderr);
      assertEquals(partial().length, 1);
      await assertResumes(run, whole);
      assertEquals(partial(), []);
    }),
});

Deno.test("a run goes on in batches of another size with the text not yet seen", () =>
  withFolder(async (folder) => {
    const data = await writeText(folder);
    const whole = await trainTiny({
      config: tinyConfig(data),
      out: join(folder, "whole"),
    });
    const losses = eventsOf(whole, "step").map((event) => event.trainLoss);
    const loaderAt = async (out: string, step: number) =>
      parseTrainingState(
        await Deno.readTextFile(
          join(out, "checkpoints", `step-${step}`, "state.json"),
        ),
        "state.json",
      ).loader;
    for (const [batch, accumulation] of [[2, 2], [2, 1]]) {
      const out = join(folder, `run ${batch} ${accumulation}`);
      const abort = new AbortController();
      const first = await trainTiny(
        { config: tinyConfig(data), out, signal: abort.signal },
        (event) => {
          if (event.type === "step" && event.step === 3) abort.abort();
        },
      );
      const [{ step }] = eventsOf(first, "finished");
      const config = tinyConfig(data, {
        "train.batch": String(batch),
        "train.accumulation": String(accumulation),
      });
      const events = await trainTiny({ config, out, resume: true });
      const rest = eventsOf(events, "step");
      assertEquals(
        rest.map((event) => event.step),
        [
          ...losses.keys(),
        ].slice(step).map((i) => i + 1),
      );
      const rows = step * 4 + (12 - step) * batch * accumulation;
      const { position, order } = await loaderAt(out, 12);
      assertEquals(position, rows);
      assertEquals(order?.sequenceLength, 32);
      assertEquals(rest.at(-1)?.tokens, rows * 32);
      if (batch * accumulation !== 4) continue;
      assertEquals(
        await loaderAt(out, 12),
        await loaderAt(join(folder, "whole"), 12),
      );
      // The same sequences in each step: the same sums in another order.
      rest.forEach((event) =>
        assertAlmostEquals(event.trainLoss, losses[event.step - 1], 1e-4)
      );
    }
  }));

Deno.test("a run is resumed with another batch, and with nothing else", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    const abort = new AbortController();
    await trainTiny({
      config: tinyConfig(await writeText(folder)),
      out,
      signal: abort.signal,
    }, (event) => {
      if (event.type === "step") abort.abort();
    });
    const resume = (assignment: string) =>
      minnow(["train", "--resume", out, "--config", assignment]);
    const refused = await resume("train.context=64");
    assertEquals(refused.code, 2);
    assertStringIncludes(
      refused.stderr,
      "Cannot resume with another 'train.context'",
    );
    const outcome = await resume("train.batch=2");
    assertEquals(outcome.code, 0, outcome.stderr);
    const path = join(out, "run.yaml");
    const config = parseRunConfig(await Deno.readTextFile(path), path);
    assertEquals(config.train.batch, 2);
    assertEquals(config.train.context, 32);
    // As it was saved before the order was: resumed all the same.
    const state = join(out, "checkpoints", "step-12", "state.json");
    const { loader, ...others } = JSON.parse(await Deno.readTextFile(state));
    const { order: _, ...place } = loader;
    await Deno.writeTextFile(
      state,
      JSON.stringify({ ...others, loader: place }),
    );
    assertEquals((await minnow(["train", "--resume", out])).code, 0);
    await Deno.writeTextFile(
      path,
      (await Deno.readTextFile(path)).replace(/context: 32/, "context: 16"),
    );
    await Deno.writeTextFile(state, JSON.stringify({ ...others, loader }));
    const other = await minnow(["train", "--resume", out]);
    assertEquals(other.code, 2);
    assertStringIncludes(other.stderr, "saved with sequences of 32 tokens");
  }));

Deno.test("a damaged checkpoint is refused in one line", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    const config = tinyConfig(await writeText(folder), { "train.steps": "2" });
    await trainTiny({ config, out });
    const checkpoint = join(out, "checkpoints", "step-2");
    const resume = async (): Promise<string> => {
      const { code, stdout, stderr } = await minnow(["train", "--resume", out]);
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, /^minnow: [^\n]+\n$/);
      return stderr;
    };
    for (
      const name of [
        "model.safetensors",
        "optimizer.safetensors",
        "state.json",
        "tokenizer.json",
      ]
    ) {
      const path = join(checkpoint, name);
      const bytes = await Deno.readFile(path);
      await Deno.truncate(path, Math.floor(bytes.length / 2));
      assertStringIncludes(await resume(), path);
      await Deno.remove(path);
      assertStringIncludes(await resume(), name);
      await Deno.writeFile(path, bytes);
    }
    const path = join(checkpoint, "state.json");
    const state = await Deno.readTextFile(path);
    for (
      const [found, wrong] of [
        ['"step": 2', '"step": -2'],
        ['"position": 8', '"position": 123456789'],
      ]
    ) {
      assertStringIncludes(state, found);
      await Deno.writeTextFile(path, state.replace(found, wrong));
      assertMatch(await resume(), /-2|123456789/);
    }
  }));
