import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
} from "@std/assert";
import { join } from "@std/path";
import { openSafetensors } from "../../../model/io/safetensors_reader.ts";
import { averagePart } from "../../../model/train/average_part.ts";
import { withFolder } from "../../data/with_folder.ts";
import { assertClose } from "../../kernels/harness.ts";
import { assertResumesAlike } from "../interrupted_run.ts";
import {
  eventsOf,
  TINY_LLAMA_YAML,
  tinyConfig,
  trainTiny,
  writeText,
} from "../tiny_run.ts";

const STEPS = 6;
const NAME = "model.layers.1.mlp.up_proj.weight";

const stored = async (
  run: string,
  step: number,
  file: string,
  name: string,
): Promise<Float32Array> => {
  const tensors = await openSafetensors(
    join(run, "checkpoints", `step-${step}`, `${file}.safetensors`),
  );
  const values = await tensors.read(name);
  tensors.close();
  return values;
};

Deno.test("a tail average is the mean over the last steps", () => {
  const tail = { average: "tail", average_share: 0.2 } as const;
  const values = Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const mean = values.reduce((average, value, i) =>
    average + averagePart(i, 50, tail) * (value - average)
  );
  const last = values.slice(40);
  assertAlmostEquals(
    mean,
    last.reduce((sum, value) => sum + value) / last.length,
    1e-12,
  );
});

Deno.test("an exponential average begins as the mean of all steps", () => {
  const ema = { average: "ema", average_share: 0.2 } as const;
  assertEquals(
    [0, 1, 4, 9, 10, 49].map((i) => averagePart(i, 50, ema)),
    [1, 1 / 2, 1 / 5, 1 / 10, 1 / 10, 1 / 10],
  );
});

for (const average of ["ema", "tail"] as const) {
  const overrides = {
    "optimizer.average": average,
    "optimizer.average_share": "0.5",
    "train.steps": String(STEPS),
    // A checkpoint for each step, with the weights that were averaged.
    "checkpoint.every": "1",
    "checkpoint.keep": "20",
  };

  Deno.test(`with average ${average} the model is the average, and training goes on without it`, () =>
    withFolder(async (folder) => {
      const data = await writeText(folder);
      const [plain, run] = ["plain", "run"].map((name) => join(folder, name));
      const config = tinyConfig(data, overrides, TINY_LLAMA_YAML);
      const off = tinyConfig(
        data,
        { ...overrides, "optimizer.average": "none" },
        TINY_LLAMA_YAML,
      );
      const raw = await trainTiny({ config: off, out: plain });
      const averaged = await trainTiny({ config, out: run });
      // The same steps, bit by bit, but another model.
      const losses = [raw, averaged].map((events) =>
        eventsOf(events, "step").map(({ trainLoss }) => trainLoss)
      );
      assertEquals(losses[0], losses[1]);
      const [a, b] = [raw, averaged].map((events) =>
        eventsOf(events, "evaluated").at(-1)?.validationLoss
      );
      assert(a !== undefined && b !== undefined);
      assertNotEquals(a, b);
      const expected = new Float64Array(
        (await stored(plain, 1, "model", NAME)).length,
      );
      for (let step = 1; step <= STEPS; step++) {
        const weights = await stored(plain, step, "model", NAME);
        assertEquals(
          await stored(run, step, "optimizer", `${NAME}.raw`),
          weights,
        );
        const part = averagePart(step - 1, STEPS, config.optimizer);
        weights.forEach((weight, i) =>
          expected[i] += part * (weight - expected[i])
        );
        assertClose(
          await stored(run, step, "model", NAME),
          expected,
          STEPS * 2 ** -24,
          `average after step ${step}`,
        );
      }
    }));
}

Deno.test("a run with an average that is interrupted resumes with the same bits", () =>
  withFolder(async (folder) => {
    const data = await writeText(folder);
    const config = tinyConfig(
      data,
      { "optimizer.average": "ema", "train.steps": String(STEPS) },
      TINY_LLAMA_YAML,
    );
    await assertResumesAlike(config, folder, 2);
    // Averaging may end there, and training goes on from its own weights.
    const longer = tinyConfig(data, { "train.steps": "8" }, TINY_LLAMA_YAML);
    const out = join(folder, "run");
    const events = await trainTiny({ config: longer, out, resume: true });
    assertEquals(eventsOf(events, "step").length, 2);
  }));
