import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { BatchRamp } from "../../../model/train/batch_ramp.ts";
import { BudgetKeeper } from "../../../model/train/budget_keeper.ts";
import type { RunCosts } from "../../../model/train/run_costs.ts";
import { stepsWithin } from "../../../model/train/run_costs.ts";
import { schedulePosition } from "../../../model/train/schedule.ts";
import { tinyConfig } from "../tiny_run.ts";

const EXPECTED: RunCosts = {
  step: 0.1,
  update: 0,
  evaluation: 0.5,
  samples: 1,
  checkpoint: 0.5,
  exercises: 0,
};

/** Half of a step is the update, and the other half four micro-batches. */
const RAMPED = { batch: 1, context: 8, accumulation: 4, batch_ramp: 0.5 };
const PLAIN = { ...RAMPED, batch_ramp: 0 };

/** A run on a machine that is not as fast as expected. */
interface Machine {
  readonly budget?: number;
  /** Seconds of the budget that the start has taken. */
  readonly spent?: number;
  readonly evaluation?: number;
  /** Whether the batch grows. */
  readonly ramped?: boolean;
  /** Seconds of a step of all its micro-batches. */
  step(number: number): number;
}

/** Trains without a device: the same loop as the trainer's, on a made-up clock. */
function simulate(
  { budget = 300, spent = 12, evaluation = 0.5, ramped = false, step }: Machine,
) {
  const config = tinyConfig("text.txt", {
    "evaluate.every": "100",
    "checkpoint.best": "false",
  });
  const costs = { ...EXPECTED, update: 0.5 };
  const size = ramped ? RAMPED : PLAIN;
  const planned = Math.floor(
    stepsWithin(config, costs, budget - spent, BatchRamp.share(size)),
  );
  const ramp = new BatchRamp(size, planned);
  let time = spent;
  const elapsed = () => time;
  const keeper = new BudgetKeeper({
    config,
    seconds: budget,
    elapsed,
    costs,
    ramp,
    planned,
    pace: { from: 0, position: 0, steps: planned },
  }, 0);
  let reviews = 0;
  const positions: number[] = [];
  let taken = 0;
  for (; taken < keeper.pace.steps; taken++) {
    const position = schedulePosition(taken, planned, keeper.pace);
    positions.push(position);
    time += step(taken) * (4 + ramp.microBatches(position)) / 8;
    if (taken > 0 && taken % 100 === 0) {
      time += evaluation;
      keeper.pause("evaluation", evaluation);
    }
    if (keeper.review(taken + 1, taken + 1)) reviews++;
  }
  time += evaluation + EXPECTED.samples + EXPECTED.checkpoint;
  return { planned, taken, reviews, positions, spent: time };
}

Deno.test("a machine that is as fast as expected keeps its steps", () => {
  const { planned, taken, reviews, spent } = simulate({ step: () => 0.1 });
  assertEquals([taken, reviews], [planned, 0]);
  assertAlmostEquals(spent, 300, 1);
});

Deno.test("steps of a growing batch are expected to take longer and longer", () => {
  const run = { ramped: true, step: () => 0.1 };
  const { planned, taken, reviews, spent } = simulate(run);
  assertEquals([taken, reviews], [planned, 0]);
  assertAlmostEquals(spent, 300, 1);
  const slow = simulate({ ...run, step: () => 0.13 });
  assertAlmostEquals(slow.spent, 300, 1);
  // Found out at the first look, and nothing to add at any other.
  assertEquals(slow.reviews, 1);
  assertAlmostEquals(slow.taken / slow.planned, 0.1 / 0.13, 0.02);
});

Deno.test("a faster or slower one takes other steps in the same time", () => {
  for (
    const [name, step] of [
      ["slower", () => 0.13],
      ["faster", () => 0.08],
      ["ten times as fast", () => 0.01],
      ["ten times as slow", () => 1],
      ["slow from some step on", (n) => n < 1500 ? 0.1 : 0.2],
      ["slow in turns", (n) => n % 500 < 250 ? 0.05 : 0.2],
      ["slower and slower", (n) => 0.08 + n * 2e-5],
      ["warming up", (n) => n < 20 ? 0.5 : 0.1],
    ] as readonly (readonly [string, Machine["step"]])[]
  ) {
    const { planned, taken, reviews, positions, spent } = simulate({ step });
    assert(Math.abs(spent - 300) < 0.03 * 300, `${name}: ${spent}`);
    assert(reviews <= 9, `${name}: ${reviews}`);
    // The schedule goes on from where it stood, and to its end.
    positions.forEach((position, i) =>
      assert(i === 0 || position > positions[i - 1], `${name}, step ${i}`)
    );
    assertEquals(positions[0], 0);
    assertEquals(positions.at(-1), planned - 1);
    assertEquals(positions.length, taken);
  }
});

Deno.test("evaluations dearer than expected are counted", () => {
  const { spent, taken, planned } = simulate({
    step: () => 0.1,
    evaluation: 5,
  });
  assert(taken < 0.75 * planned, `${taken} of ${planned}`);
  assertAlmostEquals(spent, 300, 9);
});

Deno.test("where time is up, one step completes the schedule", () => {
  const { positions, planned } = simulate({
    step: (n) => n < 300 ? 0.1 : 400,
  });
  assertEquals(positions.at(-1), planned - 1);
  assert(positions.length <= 304, `${positions.length}`);
});

Deno.test("a run that goes back to an earlier step is thought over at once", () => {
  let time = 0;
  const pace = { from: 0, position: 0, steps: 1000 };
  const keeper = new BudgetKeeper({
    config: tinyConfig("text.txt"),
    seconds: 100,
    elapsed: () => time,
    costs: { ...EXPECTED, step: 0.1, samples: 0, evaluation: 0 },
    ramp: new BatchRamp(PLAIN, 1000),
    planned: 1000,
    pace,
  }, 0);
  const take = (from: number, to: number) => {
    for (let step = from + 1; step <= to; step++) {
      time += 0.1;
      keeper.review(step, step);
    }
  };
  take(0, 500);
  const before = keeper.pace.steps;
  assertAlmostEquals(before, 995, 6);
  keeper.rewind(200, pace);
  take(200, 220);
  // 30 seconds were for nothing: 300 steps fewer.
  assertAlmostEquals(keeper.pace.steps, 695, 8);
});
