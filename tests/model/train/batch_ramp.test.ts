import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { elementCount } from "../../../kernels/ops/tensor.ts";
import { BatchRamp } from "../../../model/train/batch_ramp.ts";
import { readTrainingState } from "../../../model/train/checkpoint.ts";
import { withFolder } from "../../data/with_folder.ts";
import { assertResumesAlike } from "../interrupted_run.ts";
import { eventsOf, tinyConfig, trainTiny, writeText } from "../tiny_run.ts";

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

Deno.test("micro-batches grow from one to all over the ramp, evenly", () => {
  const random = new Random("batch ramp");
  for (let i = 0; i < 200; i++) {
    const accumulation = 2 + random.integer(15);
    const steps = accumulation * (3 + random.integer(60));
    const batch_ramp = i % 4 === 0 ? 1 : 0.2 + 0.8 * random.uniform();
    const train = { batch: 3, context: 5, accumulation, batch_ramp };
    const ramp = new BatchRamp(train, steps);
    const sizes = Array.from({ length: steps }, (_, n) => ramp.microBatches(n));
    const what = JSON.stringify({ ...train, steps });
    const length = batch_ramp * steps;
    const end = Math.ceil(length);
    assertEquals(sizes.slice(end), Array(steps - end).fill(accumulation), what);
    sizes.forEach((size, n) => {
      const grown = size - (sizes[n - 1] ?? 1);
      assert(Number.isInteger(size) && grown >= 0, `${what}, step ${n}`);
      // A straight line from 1 on, rounded down where a step begins or half of
      // one earlier or later.
      const line = (at: number) => 1 + accumulation * at / length;
      const most = Math.floor(line(n + 0.5) + 1e-9);
      const least = Math.floor(line(n - 0.5) - 1e-9);
      assert(size <= most, `${what}, step ${n}`);
      assert(size >= Math.min(least, accumulation), `${what}, step ${n}`);
    });
    assertEquals(sizes[0], 1, what);
    assertEquals(sizes.at(-1), accumulation, what);
    assertEquals(ramp.tokens, 15 * sum(sizes), what);
    // What a part has, whatever the part.
    const from = random.integer(steps - 1);
    const to = from + 1 + random.integer(steps - from);
    const part = sizes.slice(from, to);
    assertAlmostEquals(
      ramp.shareBetween(from, to),
      sum(part) / part.length / accumulation,
      1e-9,
    );
    // Steps at which it grows are whole: each is off by half of one at most.
    assertAlmostEquals(
      BatchRamp.share(train),
      sum(sizes) / steps / accumulation,
      0.5 / steps,
    );
  }
});

Deno.test("without a ramp every step has all its micro-batches, exactly", () => {
  const train = { batch: 2, context: 8, accumulation: 3, batch_ramp: 0 };
  const ramp = new BatchRamp(train, 7);
  assertEquals([0, 0.5, 6].map((n) => ramp.microBatches(n)), [3, 3, 3]);
  assertEquals([ramp.microTokens, ramp.stepTokens], [16, 48]);
  assertEquals([ramp.tokens, ramp.meanTokens(2.7)], [7 * 48, 48]);
  assertEquals([ramp.shareBetween(0.1, 7), BatchRamp.share(train)], [1, 1]);
});

Deno.test("a ramp of a single micro-batch is refused", () => {
  const parse = (accumulation: string) =>
    tinyConfig("text.txt", {
      "train.batch_ramp": "0.5",
      "train.accumulation": accumulation,
    });
  const error = assertThrows(() => parse("1"), InputError);
  assertStringIncludes(error.message, '"train.batch_ramp" is 0.5');
  assertStringIncludes(error.message, "name a train.accumulation of at least");
  assertEquals(parse("2").train.batch_ramp, 0.5);
});

const RAMP = {
  "train.batch": "1",
  "train.accumulation": "4",
  "train.batch_ramp": "0.5",
  "train.steps": "40",
};
/** Micro-batches of its steps: a ramp of 20, in quarters. */
const SIZES = Array.from(
  { length: 40 },
  (_, i) => Math.min(4, 1 + Math.floor(i / 5)),
);

Deno.test("a run with a ramp counts the tokens that it learns from", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    const config = tinyConfig(await writeText(folder), RAMP);
    const seen: number[] = [];
    const events = await trainTiny({
      config,
      out,
      onSession: (session) => {
        const step = session.step.bind(session);
        session.step = (batches, numbers) => {
          seen.push(batches.length);
          step(batches, numbers);
        };
      },
    });
    assertEquals(seen, SIZES);
    const steps = eventsOf(events, "step");
    const flops = steps[0].flops / 32;
    for (const [i, step] of steps.entries()) {
      const tokens = 32 * sum(SIZES.slice(0, i + 1));
      assertEquals([step.tokens, step.flops], [tokens, tokens * flops]);
    }
    const tokens = 32 * sum(SIZES);
    assertEquals(eventsOf(events, "started")[0].tokensPerStep, 4 * 32);
    const [finished] = eventsOf(events, "finished");
    assertEquals(finished.tokens, tokens);
    const plan = JSON.parse(await Deno.readTextFile(join(out, "plan.json")));
    assertEquals([plan.steps, plan.tokens], [40, tokens]);
    assertEquals(plan.flops, steps.at(-1)?.flops);
    // Each sequence was served once.
    const { loader } = await readTrainingState(finished.checkpoint ?? "");
    assertEquals([loader.epoch, loader.position], [0, sum(SIZES)]);
    // A fresh model guesses among 257 tokens; the text has about 20.
    assertAlmostEquals(steps[0].trainLoss, Math.log(257), 0.3);
    assert((steps.at(-1)?.trainLoss ?? NaN) < 2.2);
  }));

Deno.test("the first step of a ramp has the bits of one without accumulation", () =>
  withFolder(async (folder) => {
    const data = await writeText(folder);
    const files: Uint8Array[][] = [];
    for (const accumulation of ["4", "1"]) {
      const out = join(folder, accumulation);
      const config = tinyConfig(data, {
        ...RAMP,
        "train.accumulation": accumulation,
        "train.batch_ramp": accumulation === "1" ? "0" : "1",
        "train.steps": "4",
        "checkpoint.every": "1",
        "checkpoint.keep": "4",
      });
      await trainTiny({ config, out });
      const read = (step: number, name: string) =>
        Deno.readFile(join(out, "checkpoints", `step-${step}`, name));
      // The moments after the first step are the gradients and their squares.
      files.push([
        await read(1, "optimizer.safetensors"),
        await read(1, "model.safetensors"),
        await read(2, "model.safetensors"),
      ]);
    }
    const [
      [moments, weights, later],
      [plainMoments, plainWeights, plainLater],
    ] = files;
    assertEquals(moments, plainMoments);
    assertEquals(weights, plainWeights);
    assert(later.some((byte, i) => byte !== plainLater[i]));
  }));

Deno.test("a run that is resumed within its ramp has the same bits", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      ...RAMP,
      "evaluate.every": "10",
    });
    await assertResumesAlike(config, folder, 8);
  }));

Deno.test("what breaks a run within its ramp is left out, and nothing else is", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      ...RAMP,
      "train.batch": "2",
      "train.batch_ramp": "1",
      "train.steps": "42",
      "checkpoint.every": "12",
      "checkpoint.best": "false",
    });
    let poison: string | undefined;
    let poisoned = 0;
    const learned = new Map<number, string[]>();
    const events = await trainTiny({
      config,
      out: join(folder, "run"),
      onSession: (session) => {
        const { executable, model } = session;
        const step = session.step.bind(session);
        session.step = (batches, numbers) => {
          const keys = batches.map(({ inputs }) => inputs.join());
          learned.set(numbers.step, keys);
          // The last one of the first step of four, of which three would be
          // drawn where the step before is.
          if (numbers.step === 33) poison ??= keys.at(-1);
          step(batches, numbers);
          if (!poison || !keys.includes(poison)) return;
          poisoned++;
          for (const { weight } of model.parameters.packs) {
            const values = new Float32Array(elementCount(weight.shape));
            executable.write(weight, values.map((_, i) => 30 * Math.sin(i)));
          }
        };
      },
    });
    const told = eventsOf(events, "notice").map(({ message }) => message);
    const [, back, from, to] =
      /going back to step (\d+), and leaving .* of steps (\d+) to (\d+)$/
        .exec(told.find((line) => line.includes("going back")) ?? "")
        ?.map(Number) ?? [];
    assertEquals([back, poisoned], [12, 1], told.join());
    assert(from < 33 && to >= 33, `${told}`);
    const [finished] = eventsOf(events, "finished");
    assertEquals(finished.step, 42);
    // Every step has as many as its place in the ramp says, all different.
    const sizes = [...learned.keys()].sort((a, b) => a - b)
      .map((step) => learned.get(step)?.length);
    const expected = [11, 10, 11, 10]
      .flatMap((steps, i) => Array(steps).fill(i + 1));
    assertEquals(sizes, expected);
    assertEquals(finished.tokens, 64 * sum(expected));
    const all = [...learned.values()].flat();
    assertEquals(new Set(all).size, all.length);
    // Only those of the steps named were passed over.
    const { loader } = await readTrainingState(finished.checkpoint ?? "");
    const out = sum(expected.slice(from - 1, to));
    assertEquals(
      [loader.epoch, loader.position],
      [0, 2 * (sum(expected) + out)],
    );
  }));
