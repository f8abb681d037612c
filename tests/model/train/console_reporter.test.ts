import { assertEquals, assertStringIncludes } from "@std/assert";
import { ConsoleReporter } from "../../../model/train/console_reporter.ts";
import type { StepEvent, TrainEvent } from "../../../model/train/events.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";

const STARTED: TrainEvent = {
  type: "started",
  config: parseRunConfig("", "run.yaml"),
  parameters: 820_000,
  steps: 100,
  step: 0,
  tokensPerStep: 2048,
  planBytes: { weights: 4096, moments: 8192, scratch: 0 },
  peakBytes: 12288,
  device: "llvmpipe",
};

function step(number: number, skipped = false): StepEvent {
  return {
    type: "step",
    step: number,
    steps: 100,
    tokens: 0,
    flops: 0,
    seconds: 0,
    trainLoss: 2.34567,
    learningRate: 0,
    gradientNorm: 0,
    tokensPerSecond: 12500,
    flopsPerSecond: 3.2e9,
    secondsLeft: 200,
    peakBytes: 0,
    skipped,
  };
}

/** Everything that a reporter writes, by channel, at a time set by hand. */
function record(
  options: Partial<Record<"json" | "isTerminal" | "color", boolean>>,
) {
  const lines: string[] = [];
  const notes: string[] = [];
  const objects: unknown[] = [];
  const clock = { now: 0 };
  const reporter = new ConsoleReporter({
    output: {
      json: false,
      isTerminal: false,
      color: false,
      ...options,
      line: (text = "") => void lines.push(text),
      note: (text) => void notes.push(text),
      writeNote: (text) => void notes.push(text),
      object: (value) => void objects.push(value),
    },
    now: () => clock.now,
    columns: () => 60,
  });
  return { reporter, lines, notes, objects, clock };
}

Deno.test("without a terminal progress is a line every ten seconds", () => {
  const { reporter, notes, clock } = record({});
  reporter.report(STARTED);
  for (let i = 0; i < 100; i++) {
    clock.now = i * 300;
    reporter.report(step(i + 1, i === 5));
  }
  assertEquals(notes, [
    "step 1/100, loss 2.3457, 12.5k tokens/s, 3.2 GFLOP/s, 3 min 20 s left",
    "step 35/100, loss 2.3457, 12.5k tokens/s, 3.2 GFLOP/s, 3 min 20 s left, 1 skipped",
    "step 69/100, loss 2.3457, 12.5k tokens/s, 3.2 GFLOP/s, 3 min 20 s left, 1 skipped",
  ]);
});

Deno.test("without a terminal reading is told of if it takes long", () => {
  const { reporter, notes, clock } = record({});
  for (const seconds of [0, 4, 9, 11, 15, 22]) {
    clock.now = seconds * 1000;
    reporter.preparing(seconds / 22, "reading the text");
  }
  assertEquals(notes, [
    "reading the text: 50 %",
    "reading the text: 100 %",
  ]);
});

Deno.test("on a terminal one line is redrawn, within the width", () => {
  const { reporter, notes, lines, clock } = record({ isTerminal: true });
  reporter.report(STARTED);
  notes.length = 0;
  reporter.report(step(50));
  clock.now = 50;
  reporter.report(step(51));
  assertEquals(notes, [
    "\r\x1b[K[##########..........] 50/100  loss 2.3457  12.5k tokens/s ",
  ]);
  notes.length = 0;
  lines.length = 0;
  reporter.report({ type: "notice", message: "hello" });
  assertEquals(lines, ["hello"]);
  assertEquals(notes[0], "\r\x1b[K");
  assertStringIncludes(notes[1], "50/100");
  notes.length = 0;
  reporter.close();
  assertEquals(notes, ["\r\x1b[K"]);
});

Deno.test("what matters later stays", () => {
  const { reporter, lines } = record({});
  const events: TrainEvent[] = [
    STARTED,
    {
      type: "evaluated",
      step: 50,
      validationLoss: 1.88,
      bitsPerByte: 2.7123,
      predictedLoss: null,
    },
    {
      type: "evaluated",
      step: 60,
      validationLoss: 1.8,
      bitsPerByte: null,
      predictedLoss: null,
    },
    {
      type: "sampled",
      step: 60,
      prompt: "Once",
      text: " upon\r\na\x1b[2Jtime",
    },
    { type: "checkpointed", step: 60, path: "run/step-60", best: true },
    {
      type: "finished",
      step: 100,
      tokens: 204_800,
      seconds: 182,
      validationLoss: 1.75,
      checkpoint: "run/step-100",
      exercises: [
        { skill: "addition", correct: 18, total: 25, chance: 0.25 },
        { skill: "yes or no", correct: 3, total: 5, chance: 0.5 },
      ],
      reason: "completed",
    },
  ];
  events.forEach((event) => reporter.report(event));
  assertEquals(lines, [
    "820k parameters on llvmpipe",
    "100 steps of 2048 tokens",
    "memory 12 KiB: weights 4 KiB, moments 8 KiB",
    "step 50: validation loss 1.8800, 2.7123 bits per byte",
    "step 60: validation loss 1.8000",
    "step 60: sample",
    "  Once upon",
    "  a\\x1b[2Jtime",
    "step 60: saved run/step-60 (best so far)",
    "finished after 100 steps, 3 min 2 s, validation loss 1.7500",
    "held-out exercises     right  accuracy  chance",
    "addition            18 of 25      72 %    25 %",
    "yes or no             3 of 5      60 %    50 %",
    "all                 21 of 30      70 %    29 %",
    "checkpoint run/step-100",
  ]);
});

Deno.test("what was predicted stands beside what came of it", () => {
  const { reporter, lines, notes } = record({});
  const predicted = { seconds: 300, tokens: 8e6, loss: 2.5 };
  reporter.report({ ...STARTED, predicted });
  lines.length = 0;
  reporter.report({ ...step(25), tokens: 2e6, steps: 110 });
  assertEquals(notes, [
    "step 25/110, 2M of 8M tokens predicted, loss 2.3457, 12.5k tokens/s, " +
    "3.2 GFLOP/s, 3 min 20 s left",
  ]);
  reporter.report({
    type: "evaluated",
    step: 30,
    validationLoss: 2.75,
    bitsPerByte: 1.5,
    predictedLoss: 2.9,
  });
  reporter.report({
    type: "finished",
    step: 110,
    tokens: 8.4e6,
    seconds: 280,
    spent: 297,
    validationLoss: 2.25,
    checkpoint: null,
    reason: "completed",
  });
  assertEquals(lines, [
    "step 30: validation loss 2.7500 (predicted 2.90), 1.5000 bits per byte",
    "finished after 110 steps, 4 min 40 s, validation loss 2.2500",
    "        predicted      actual  difference",
    "time        5 min  4 min 57 s      -1.0 %",
    "tokens         8M        8.4M      +5.0 %",
    "loss       2.5000      2.2500     -10.0 %",
  ]);
});

Deno.test("colour only where it may be used", () => {
  const sample: TrainEvent = {
    type: "sampled",
    step: 1,
    prompt: "a",
    text: "b",
  };
  const { reporter, lines } = record({ color: true });
  reporter.report(sample);
  assertEquals(lines[1], "  \x1b[1ma\x1b[22mb");
});

Deno.test("with --json every event is one object and nothing else", () => {
  const { reporter, lines, notes, objects } = record({
    json: true,
    isTerminal: true,
  });
  const events = [STARTED, step(1), step(2)];
  events.forEach((event) => reporter.report(event));
  reporter.close();
  assertEquals(objects, events);
  assertEquals([...lines, ...notes], []);
});
