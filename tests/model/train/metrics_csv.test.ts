import { assertEquals, assertRejects } from "@std/assert";
import { parse } from "@std/csv";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import type { EvaluatedEvent, StepEvent } from "../../../model/train/events.ts";
import { MetricsCsv } from "../../../model/train/metrics_csv.ts";

const HEADER = "step,tokens,flops,seconds,train_loss,val_loss,bits_per_byte," +
  "lr,grad_norm,tokens_per_second,peak_bytes";

function step(number: number): StepEvent {
  return {
    type: "step",
    step: number,
    steps: 10,
    tokens: 2048 * number,
    flops: 1.25e15 * number,
    seconds: 0.1 * 3 * number,
    trainLoss: 1 / 3 + number,
    learningRate: 1e-7,
    gradientNorm: NaN,
    tokensPerSecond: 12345.678,
    flopsPerSecond: 1e9,
    secondsLeft: 1,
    peakBytes: 22 * 2 ** 30,
    skipped: false,
  };
}

function evaluated(number: number): EvaluatedEvent {
  return {
    type: "evaluated",
    step: number,
    validationLoss: 2.5,
    bitsPerByte: null,
    predictedLoss: null,
  };
}

async function inFolder(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(join(folder, "metrics.csv"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("steps and evaluations are rows, and numbers read back exactly", async () => {
  await inFolder(async (path) => {
    const metrics = await MetricsCsv.open(path, 0);
    metrics.append(step(1));
    metrics.append(evaluated(1));
    metrics.append({ ...evaluated(9), bitsPerByte: 1.5 });
    await metrics.sync();
    metrics.close();
    const text = await Deno.readTextFile(path);
    assertEquals(text.split("\r\n")[0], HEADER);
    const rows = parse(text, { skipFirstRow: true });
    assertEquals(rows.length, 3);
    assertEquals(Number(rows[0].seconds), 0.1 * 3);
    assertEquals(Number(rows[0].train_loss), 1 / 3 + 1);
    assertEquals(Number(rows[0].lr), 1e-7);
    assertEquals(Number(rows[0].grad_norm), NaN);
    assertEquals(Number(rows[0].peak_bytes), 22 * 2 ** 30);
    assertEquals(rows[0].val_loss, "");
    assertEquals(rows[1], {
      step: "1",
      tokens: "2048",
      flops: "1250000000000000",
      seconds: rows[0].seconds,
      train_loss: "",
      val_loss: "2.5",
      bits_per_byte: "",
      lr: "",
      grad_norm: "",
      tokens_per_second: "",
      peak_bytes: "",
    });
    assertEquals(rows[2].bits_per_byte, "1.5");
    assertEquals(rows[2].tokens, "");
  });
});

Deno.test("a resumed run drops later rows and a line cut short", async () => {
  await inFolder(async (path) => {
    const first = await MetricsCsv.open(path, 0);
    for (const number of [1, 2, 3]) first.append(step(number));
    first.append(evaluated(3));
    first.append(step(4));
    first.close();
    const whole = await Deno.readTextFile(path);
    for (const cut of [0, 2, 3, 40]) {
      await Deno.writeTextFile(path, whole.slice(0, whole.length - cut));
      const resumed = await MetricsCsv.open(path, 3);
      resumed.append(step(4));
      resumed.close();
      assertEquals(await Deno.readTextFile(path), whole, `cut by ${cut}`);
    }
    (await MetricsCsv.open(path, 2)).close();
    const rows = parse(await Deno.readTextFile(path), { skipFirstRow: true });
    assertEquals(rows.map((row) => row.step), ["1", "2"]);
  });
});

Deno.test("a file of something else is left alone", async () => {
  await inFolder(async (path) => {
    for (
      const [text, message] of [
        ["a,b\n1,2\n", 'its columns are "a,b"'],
        [`${HEADER}\n${"x,".repeat(10)}\n`, 'line 2 has the step "x"'],
      ]
    ) {
      await Deno.writeTextFile(path, text);
      await assertRejects(() => MetricsCsv.open(path, 0), InputError, message);
      assertEquals(await Deno.readTextFile(path), text);
    }
  });
});
