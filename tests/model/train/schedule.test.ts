import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  learningRate,
  type ScheduleOptions,
  schedulePosition,
} from "../../../model/train/schedule.ts";

const COSINE: ScheduleOptions = {
  kind: "cosine",
  steps: 100,
  warmup: 10,
  decay: 0.2,
  learningRate: 1e-3,
  minimumLearningRate: 1e-4,
};
const WSD: ScheduleOptions = { ...COSINE, kind: "wsd" };
const CONSTANT: ScheduleOptions = { ...COSINE, kind: "constant" };

function assertRates(
  options: ScheduleOptions,
  expected: Readonly<Record<number, number>>,
): void {
  for (const [step, rate] of Object.entries(expected)) {
    assertAlmostEquals(
      learningRate(Number(step), options),
      rate,
      1e-15,
      `step ${step}`,
    );
  }
}

Deno.test("warmup grows from one part to the whole", () => {
  for (const options of [COSINE, WSD, CONSTANT]) {
    assertRates(options, { 0: 1e-4, 4: 5e-4, 9: 1e-3 });
  }
});

// The 90 steps after the peak at step 9, by hand:
// 1e-4 + 9e-4 · (1 + cos(π · n / 90)) / 2 for n = 15, 30, 45, 60, 90.
Deno.test("cosine falls by half a wave to the minimum at the last step", () => {
  assertRates(COSINE, {
    24: 1e-4 + 9e-4 * (1 + Math.sqrt(3) / 2) / 2,
    39: 7.75e-4,
    54: 5.5e-4,
    69: 3.25e-4,
    99: 1e-4,
    1000: 1e-4,
  });
});

// 20 steps of decay from the full rate at step 79.
Deno.test("wsd holds, then falls by a line over its share of the steps", () => {
  assertRates(WSD, {
    50: 1e-3,
    79: 1e-3,
    80: 9.55e-4,
    89: 5.5e-4,
    99: 1e-4,
    100: 1e-4,
  });
});

Deno.test("constant holds to the end", () => {
  assertRates(CONSTANT, { 10: 1e-3, 99: 1e-3 });
});

Deno.test("no warmup starts at the full rate and short runs stay finite", () => {
  assertEquals(learningRate(0, { ...WSD, warmup: 0 }), 1e-3);
  assertEquals(learningRate(0, { ...COSINE, warmup: 0 }), 1e-3);
  for (const kind of ["cosine", "wsd", "constant"] as const) {
    for (const steps of [1, 2, 3]) {
      for (const warmup of [0, 1, 5]) {
        for (const decay of [0, 0.5, 1]) {
          const rate = learningRate(steps - 1, {
            ...COSINE,
            kind,
            steps,
            warmup,
            decay,
          });
          assertEquals(rate >= 0 && rate <= 1e-3, true, `${kind} ${steps}`);
        }
      }
    }
  }
});

Deno.test("a minimum above the full rate never raises it", () => {
  assertEquals(learningRate(99, { ...COSINE, minimumLearningRate: 1 }), 1e-3);
});

Deno.test("a schedule whose length stays is gone through step by step", () => {
  const pace = { from: 0, position: 0, steps: 100 };
  for (let step = 0; step < 100; step++) {
    assertEquals(schedulePosition(step, 100, pace), step);
  }
  assertEquals(schedulePosition(0, 1, { ...pace, steps: 1 }), 0);
});

Deno.test("another length bends the rate's course, and breaks it nowhere", () => {
  for (const options of [COSINE, WSD, CONSTANT]) {
    for (const [change, steps] of [[15, 300], [30, 40], [70, 75], [85, 500]]) {
      const before = { from: 0, position: 0, steps: 100 };
      const pace = {
        from: change,
        position: schedulePosition(change, 100, before),
        steps,
      };
      const rates = Array.from({ length: steps }, (_, step) =>
        learningRate(
          schedulePosition(step, 100, step < change ? before : pace),
          options,
        ));
      const least = Math.min(99, 99 - change) / (steps - 1 - change);
      rates.forEach((rate, step) => {
        if (step === 0 || step <= options.warmup) return;
        // No fall is deeper than the schedule's own, as often as it is passed.
        const fall = rates[step - 1] - rate;
        assert(fall >= -1e-18 && fall <= 1e-3 * 0.05 * Math.max(1, least));
      });
      const last = options.kind === "constant" ? 1e-3 : 1e-4;
      assertAlmostEquals(rates[steps - 1], last, 1e-12);
    }
  }
});
