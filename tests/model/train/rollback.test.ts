import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  listCheckpoints,
  readTrainingState,
} from "../../../model/train/checkpoint.ts";
import { elementCount } from "../../../kernels/ops/tensor.ts";
import type { TrainEvent } from "../../../model/train/events.ts";
import { Rollback } from "../../../model/train/rollback.ts";
import type { TrainingSession } from "../../../model/train/training_session.ts";
import { freshState } from "../../../model/train/training_state.ts";
import { withFolder } from "../../data/with_folder.ts";
import { metricsCells } from "../metrics_cells.ts";
import { eventsOf, tinyConfig, trainTiny, writeText } from "../tiny_run.ts";

const LONG = {
  "train.steps": "90",
  "checkpoint.every": "20",
  "evaluate.every": "30",
  "checkpoint.best": "false",
};

/** Weights as a broken update may leave them. */
function breakWeights({ model, executable }: TrainingSession, value: number) {
  for (const { weight } of model.parameters.packs) {
    const values = new Float32Array(elementCount(weight.shape));
    executable.write(weight, values.map((_, i) => value * Math.sin(i)));
  }
}

/** Notices that tell of going back. */
function returnsOf(events: readonly TrainEvent[]): string[] {
  return eventsOf(events, "notice").map(({ message }) => message)
    .filter((message) => message.includes("going back"));
}

Deno.test("a healthy run has the same bits with and without the watch", () =>
  withFolder(async (folder) => {
    const data = await writeText(folder);
    const runs: string[] = [];
    for (const rollback of ["true", "false"]) {
      const out = join(folder, rollback);
      const overrides = { ...LONG, "train.rollback": rollback };
      const events = await trainTiny({
        config: tinyConfig(data, overrides),
        out,
      });
      assertEquals(returnsOf(events), []);
      runs.push(out);
    }
    const [on, off] = runs;
    assertEquals(await metricsCells(on), await metricsCells(off));
    const weights = (run: string) =>
      Deno.readFile(
        join(run, "checkpoints", "step-90", "model.safetensors"),
      );
    assertEquals(await weights(on), await weights(off));
  }));

for (
  const [what, value, seen] of [
    ["large", 30, /the loss rose from \d\.\d+ to \d+\.\d+/],
    ["not finite", NaN, /gradients were not finite 4 steps in a row/],
  ] as const
) {
  Deno.test(`a run whose weights become ${what} goes back and learns on`, () =>
    withFolder(async (folder) => {
      const config = tinyConfig(await writeText(folder), LONG);
      const out = join(folder, "run");
      let session: TrainingSession | undefined;
      let broken = false;
      const events = await trainTiny({
        config,
        out,
        onSession: (opened) => session = opened,
      }, (event) => {
        if (event.type !== "step" || event.step !== 63 || broken) return;
        assert(session);
        broken = true;
        breakWeights(session, value);
      });
      const told = returnsOf(events);
      assertEquals(told.length, 1, `${told}`);
      assertMatch(told[0], seen);
      // The checkpoint of step 60 is too young to be trusted.
      assertMatch(
        told[0],
        /going back to step 40, and leaving out the batches/,
      );
      const losses = eventsOf(events, "step");
      assertEquals(losses.at(-1)?.step, 90);
      assert((losses.at(-1)?.trainLoss ?? NaN) < 1.5);
      assertEquals(eventsOf(events, "finished")[0].reason, "completed");
      // Replayed steps have the bits of the first time, and one row each.
      const twice = losses.filter(({ step }) => step === 50);
      assertEquals(twice.length, 2);
      assertEquals(twice[0].trainLoss, twice[1].trainLoss);
      const rows = (await Deno.readTextFile(join(out, "metrics.csv")))
        .trimEnd().split("\r\n").slice(1);
      const steps = rows.map((row) => row.split(",")[0]);
      assertEquals(new Set(steps).size, 90);
      assertEquals(steps.length, 93);
      const [last] = (await listCheckpoints(out)).slice(-1);
      const { skipped, tokens } = await readTrainingState(last.path);
      assert(skipped.length >= 3 && skipped.length <= 8, `${skipped.length}`);
      assertEquals(tokens, 90 * 128);
      // Nothing is left of what was only for the case.
      assertEquals(
        [...Deno.readDirSync(out)].map(({ name }) => name).includes("rollback"),
        false,
      );
    }));
}

Deno.test("batches that break a run are left out when it is tried again", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), LONG);
    const out = join(folder, "run");
    let poison: string | undefined;
    let poisoned = 0;
    const events = await trainTiny({
      config,
      out,
      onSession: (session) => {
        const step = session.step.bind(session);
        session.step = (batches, numbers) => {
          const key = batches[0].inputs.join();
          if (numbers.step === 50) poison ??= key;
          if (key !== poison) return step(batches, numbers);
          poisoned++;
          step(batches, numbers);
          breakWeights(session, 30);
        };
      },
    });
    assertEquals([returnsOf(events).length, poisoned], [1, 1]);
    assertEquals(eventsOf(events, "finished")[0].step, 90);
  }));

Deno.test("a run that breaks again and again ends where it was good", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), LONG);
    const out = join(folder, "run");
    let session: TrainingSession | undefined;
    const events: TrainEvent[] = [];
    const error = await assertRejects(
      () =>
        trainTiny({ config, out, onSession: (opened) => session = opened }, (
          event,
        ) => {
          events.push(event);
          if (event.type !== "step" || event.step !== 63) return;
          assert(session);
          breakWeights(session, NaN);
        }),
      Error,
      "again and again after step 40; lower optimizer.learning_rate, or go on " +
        "from step 40 with --resume",
    );
    assertEquals(Reflect.get(error, "exitCode"), undefined);
    assertEquals(returnsOf(events).length, 3);
    assertEquals(
      (await listCheckpoints(out)).map(({ step }) => step).at(-1),
      40,
    );
    const resumed = await trainTiny({ config, out, resume: true });
    assertEquals(eventsOf(resumed, "finished")[0].step, 90);
  }));

Deno.test("states to go back to are saved as seldom as costs a hundredth", () => {
  let now = 0;
  const state = freshState({ epoch: 0, position: 0 }, undefined);
  const rollback = new Rollback({ path: null, state }, () => now);
  const due: number[] = [];
  for (let step = 1; step <= 600; step++) {
    now += 1000;
    rollback.observe(step, 2 + 0.01 * (step % 5), false);
    if (!rollback.isDue(step)) continue;
    due.push(step);
    now += 2000;
    rollback.keep({ path: `step-${step}`, state: { ...state, step } }, 2, true);
  }
  // Half a second is assumed until saving has taken two.
  assertEquals(due, [50, 250, 450]);
  rollback.disable();
  now += 1e9;
  assertEquals(rollback.isDue(700), false);
});

/** A run of checkpoints that are there, on a made-up clock. */
async function withCheckpoints(
  steps: readonly number[],
  lasts: boolean,
  body: (rollback: Rollback, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const state = freshState({ epoch: 0, position: 0 }, undefined);
    const rollback = new Rollback({ path: null, state }, () => 0);
    for (const step of steps) {
      const path = join(folder, `step-${step}`);
      await Deno.mkdir(path);
      rollback.keep({ path, state: { ...state, step } }, 1, lasts);
    }
    await body(rollback, folder);
  });
}

const trouble = (step: number) => ({
  from: step,
  to: step,
  reason: "it broke",
});

Deno.test("without a proven state the earliest other is tried before a new start", () =>
  withCheckpoints([984, 992, 1000], false, async (rollback, folder) => {
    await Deno.remove(join(folder, "step-984"));
    const ways: number[] = [];
    for (let i = 0; i < 2; i++) {
      const { state } = await rollback.back(trouble(1003));
      ways.push(state.step);
    }
    assertEquals(ways, [992, 0]);
  }));

Deno.test("a state after the trouble is none to go back to", () =>
  withCheckpoints([40, 60], true, async (rollback) => {
    assertEquals((await rollback.back(trouble(58))).state.step, 40);
    assertEquals((await rollback.back(trouble(58))).state.step, 40);
  }));

Deno.test("checkpoints that go too soon do not stand for states that stay", () => {
  let now = 0;
  const state = freshState({ epoch: 0, position: 0 }, undefined);
  const rollback = new Rollback({ path: null, state }, () => now);
  assertEquals(
    [[8, 2], [8, 3], [500, 1], [16, 2]].map(([every, keep]) =>
      Rollback.lasts({ every, keep, best: false })
    ),
    [false, true, false, true],
  );
  const saved: number[] = [];
  for (let step = 1; step <= 400; step++) {
    now += 1000;
    const good = { path: `step-${step}`, state: { ...state, step } };
    if (step % 8 === 0) rollback.keep(good, 1, false);
    if (!rollback.isDue(step)) continue;
    saved.push(step);
    rollback.keep(good, 1, true);
  }
  assertEquals(saved, [50, 150, 250, 350]);
});

Deno.test("with checkpoints in short order a run goes back to a state that stayed", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      ...LONG,
      "checkpoint.every": "4",
    });
    const out = join(folder, "run");
    let session: TrainingSession | undefined;
    let now = 0;
    let broken = false;
    const events = await trainTiny({
      config,
      out,
      // Every look at the clock is seconds later: saving is never too dear.
      now: () => now += 2000,
      onSession: (opened) => session = opened,
    }, (event) => {
      if (event.type !== "step" || event.step !== 63 || broken) return;
      assert(session);
      broken = true;
      breakWeights(session, 30);
    });
    const told = returnsOf(events);
    assertEquals(told.length, 1, `${told}`);
    const back = Number(/going back to step (\d+)/.exec(told[0])?.[1]);
    assert(back >= 16 && back <= 48, told[0]);
    assertEquals(eventsOf(events, "finished")[0].step, 90);
  }));
