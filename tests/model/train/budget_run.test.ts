import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import type { TrainEvent } from "../../../model/train/events.ts";
import { BatchRamp } from "../../../model/train/batch_ramp.ts";
import { readTrainingState } from "../../../model/train/checkpoint.ts";
import type { RunOptions } from "../../../model/train/prepare_run.ts";
import { withFolder } from "../../data/with_folder.ts";
import { eventsOf, tinyConfig, trainTiny, writeText } from "../tiny_run.ts";

/** A clock that only training moves, and a machine that takes as long as told. */
class SlowMachine {
  #now = 0;
  #trained = 0;
  /** Seconds of the steps under way. */
  readonly #queued: number[] = [];
  readonly #step: (number: number, microBatches: number) => number;

  constructor(step: (number: number, microBatches: number) => number) {
    this.#step = step;
  }

  get options(): Pick<RunOptions, "now" | "onSession"> {
    return {
      now: () => this.#now,
      onSession: (session) => {
        const step = session.step.bind(session);
        session.step = (batches, numbers) => {
          // Measurements do not learn.
          if (numbers.learningRate > 0) this.#trained++;
          this.#queued.push(this.#step(this.#trained, batches.length));
          step(batches, numbers);
        };
        const result = session.result.bind(session);
        session.result = () => {
          this.#now += 1000 * (this.#queued.shift() ?? 0);
          return result();
        };
        const evaluate = session.evaluate.bind(session);
        session.evaluate = (batches, count) => {
          this.#now += 1000;
          return evaluate(batches, count);
        };
      },
    };
  }
}

const BUDGET = {
  "train.steps": "null",
  "train.budget": "100s",
  "train.tune": "off",
  "checkpoint.best": "false",
};

Deno.test("a run on a machine that slows down still ends with its time and its schedule", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      ...BUDGET,
      "schedule.kind": "wsd",
      "schedule.decay": "0.2",
      "evaluate.every": "25",
    });
    const out = join(folder, "run");
    const machine = new SlowMachine((trained) => trained < 30 ? 0.5 : 1);
    const events = await trainTiny({ config, out, ...machine.options });
    const [started] = eventsOf(events, "started");
    const steps = eventsOf(events, "step");
    const [finished] = eventsOf(events, "finished");
    // 100 s, less some for measuring and evaluating, at half a second.
    assertAlmostEquals(started.steps, 170, 20);
    assertEquals(started.predicted?.seconds, 100);
    assertEquals(started.predicted?.tokens, started.steps * 128);
    assert(steps.length < 0.65 * started.steps, `${steps.length}`);
    assertEquals(steps.at(-1)?.steps, steps.length);
    assertEquals(finished.reason, "completed");
    assertEquals(finished.tokens, steps.length * 128);
    assertAlmostEquals(finished.spent ?? NaN, 100, 5);
    const told = eventsOf(events, "notice").map(({ message }) => message);
    assert(told.some((line) => /steps instead of .* slower than/.test(line)));
    // Held, then down to the minimum by the last step, without a jump.
    const rates = steps.map(({ learningRate }) => learningRate);
    assertAlmostEquals(rates.at(-1) ?? NaN, 1e-3, 1e-12);
    assertEquals(rates[Math.floor(0.6 * rates.length)], 1e-2);
    rates.slice(2).forEach((rate, i) =>
      assert(rate <= rates[i + 1] && rates[i + 1] - rate < 1.5e-3)
    );
    const { outcome } = JSON.parse(
      await Deno.readTextFile(join(out, "plan.json")),
    );
    assertEquals(outcome, {
      steps: steps.length,
      tokens: finished.tokens,
      seconds: finished.spent,
      loss: finished.validationLoss,
    });
  }));

Deno.test("a run whose batch grows has as many steps as its time allows", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      ...BUDGET,
      "train.batch": "1",
      "train.accumulation": "4",
      "train.batch_ramp": "0.6",
      "evaluate.tokens": "32",
    });
    // A fifth of a whole step is the update.
    const machine = new SlowMachine((_trained, count) => 0.2 + 0.2 * count);
    const options = { config, out: join(folder, "run"), ...machine.options };
    const events = await trainTiny(options);
    const [{ steps, predicted }] = eventsOf(events, "started");
    const [finished] = eventsOf(events, "finished");
    assertEquals(finished.step, steps);
    assertEquals(finished.tokens, predicted?.tokens);
    assertEquals(finished.tokens, new BatchRamp(config.train, steps).tokens);
    // The end is expected to take half a second more than it does here.
    assertAlmostEquals(finished.spent ?? NaN, 100, 1.5);
    const [told] = eventsOf(events, "notice").map(({ message }) => message)
      .filter((message) => message.startsWith("A step takes"));
    // In the mean over the run: a whole one but for 0.6 · 3/8 of four fifths.
    assertStringIncludes(told, "A step takes 820 ms here");
    // From the first step on: a micro-batch takes 0.4 s alone, and 0.25 s of four.
    const [{ secondsLeft }] = eventsOf(events, "step");
    const rest = 0.82 * (steps - 1);
    assert(secondsLeft > rest && secondsLeft < rest * 0.4 / 0.25);
  }));

Deno.test("a run of so many steps takes them, however long that takes", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      ...BUDGET,
      "train.steps": "40",
    });
    const machine = new SlowMachine((trained) => trained < 5 ? 0.5 : 20);
    const options = { config, out: join(folder, "run"), ...machine.options };
    const events = await trainTiny(options);
    assertEquals(eventsOf(events, "step").length, 40);
    assertEquals(eventsOf(events, "finished")[0].spent, undefined);
  }));

Deno.test("a resumed run has the rest of its time, and goes on in its schedule", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      ...BUDGET,
      "schedule.kind": "cosine",
    });
    const out = join(folder, "run");
    const abort = new AbortController();
    const speed = (trained: number) => trained < 10 ? 0.5 : 0.8;
    const interrupt = (event: TrainEvent) => {
      if (event.type === "step" && event.step === 60) abort.abort();
    };
    const first = await trainTiny({
      config,
      out,
      signal: abort.signal,
      ...new SlowMachine(speed).options,
    }, interrupt);
    const [{ step, checkpoint, spent }] = eventsOf(first, "finished");
    const state = await readTrainingState(checkpoint ?? "");
    assert(state.budget);
    assertEquals(state.budget.spent, spent);
    const planned = eventsOf(first, "started")[0].steps;
    assert(state.budget.pace.steps < planned);
    const decided = JSON.parse(
      await Deno.readTextFile(join(out, "plan.json")),
    ).steps;
    assertEquals(decided, planned);

    const resumed = { ...config, train: { ...config.train, steps: planned } };
    const events = await trainTiny({
      config: resumed,
      out,
      resume: true,
      ...new SlowMachine(() => 0.8).options,
    });
    const [started] = eventsOf(events, "started");
    assertEquals([started.step, started.steps], [
      step,
      state.budget.pace.steps,
    ]);
    const [finished] = eventsOf(events, "finished");
    assertAlmostEquals(finished.spent ?? NaN, 100, 5);
    const rates = [...eventsOf(first, "step"), ...eventsOf(events, "step")]
      .map(({ learningRate }) => learningRate);
    rates.slice(3).forEach((rate, i) => assert(rate < rates[i + 2]));
    const changes = rates.slice(step - 2, step + 2)
      .map((rate, i) => rates[step - 3 + i] - rate);
    assert(Math.max(...changes) < 1.2 * Math.min(...changes), `${changes}`);
    assertAlmostEquals(rates.at(-1) ?? NaN, 1e-3, 1e-12);
  }));
