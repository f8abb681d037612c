import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { BudgetKeeper } from "../../../model/train/budget_keeper.ts";
import type { RunCosts } from "../../../model/train/run_costs.ts";
import { stepsWithin } from "../../../model/train/run_costs.ts";
import { schedulePosition } from "../../../model/train/schedule.ts";
import { tinyConfig } from "../tiny_run.ts";

const EXPECTED: RunCosts = {
  step: 0.1,
  evaluation: 0.5,
  samples: 1,
  checkpoint: 0.5,
  exercises: 0,
};

/** A run on a machine that is not as fast as expected. */
interface Machine {
  readonly budget?: number;
  /** Seconds of the budget that the start has taken. */
  readonly spent?: number;
  readonly evaluation?: number;
  /** Seconds of a step. */
  step(number: number): number;
}

/** Trains without a device: the same loop as the trainer's, on a made-up clock. */
function simulate(
  { budget = 300, spent = 12, evaluation = 0.5, step }: Machine,
) {
  const config = tinyConfig("text.txt", {
    "evaluate.every": "100",
    "checkpoint.best": "false",
  });
  const planned = Math.floor(stepsWithin(config, EXPECTED, budget - spent));
  let time = spent;
  const elapsed = () => time;
  const keeper = new BudgetKeeper({
    config,
    seconds: budget,
    elapsed,
    costs: EXPECTED,
    planned,
    pace: { from: 0, position: 0, steps: planned },
  }, 0);
  let reviews = 0;
  const positions: number[] = [];
  let taken = 0;
  for (; taken < keeper.pace.steps; taken++) {
    positions.push(schedulePosition(taken, planned, keeper.pace));
    time += step(taken);
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
