import {
  assert,
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
import { TINY_YAML, tinyConfig, trainTiny, writeText } from "../tiny_run.ts";

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
