import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { ContextRamp } from "../../../model/train/context_ramp.ts";
import { trainingShape } from "../../../model/train/training_shape.ts";
import { withFolder } from "../../data/with_folder.ts";
import { assertResumesAlike } from "../interrupted_run.ts";
import {
  eventsOf,
  TINY_LLAMA_YAML,
  tinyConfig,
  trainTiny,
  writeText,
} from "../tiny_run.ts";

/** Length of a part at each step of a run. */
function lengthsOf(context: number, context_ramp: number, steps: number) {
  const ramp = new ContextRamp({ context, context_ramp }, steps);
  return Array.from({ length: steps }, (_, i) => ramp.partLength(i));
}

Deno.test("parts double until they are whole sequences, each as long a time", () => {
  const stretch = (length: number, steps: number) => Array(steps).fill(length);
  assertEquals(lengthsOf(1024, 0.3, 100), [
    ...stretch(128, 10),
    ...stretch(256, 10),
    ...stretch(512, 10),
    ...stretch(1024, 70),
  ]);
  // Parts of fewer than 16 tokens are left out.
  assertEquals(lengthsOf(64, 0.5, 8), [16, 16, 32, 32, 64, 64, 64, 64]);
  assertEquals(lengthsOf(63, 0.5, 4), [32, 32, 63, 63]);
  // As many parts as told where they do not come out even.
  assertEquals(lengthsOf(129, 0.75, 4), [17, 33, 65, 129]);
  assertEquals(lengthsOf(1024, 0, 3), [1024, 1024, 1024]);
});

Deno.test("tokens see back to where their part or their document begins", () => {
  const ramp = new ContextRamp({ context: 64, context_ramp: 0.5 }, 8);
  const inputs = Uint32Array.from({ length: 128 }, (_, i) => i);
  const batch = { inputs, targets: inputs };
  const columns = inputs.map((i) => i % 64);
  assertEquals(
    ramp.cut(batch, 0).documents?.starts,
    columns.map((column) => column - column % 16),
  );
  assertEquals(
    ramp.cut(batch, 3.5).documents?.starts,
    columns.map((column) => column - column % 32),
  );
  assertEquals(ramp.cut(batch, 4), batch);

  // A document from column 20 on, in both sequences.
  const starts = columns.map((column) => column < 20 ? 0 : 20);
  const masked = { ...batch, documents: { starts } };
  const cut = ramp.cut(masked, 2).documents?.starts ?? new Uint32Array();
  assertEquals(
    [0, 19, 20, 31, 32, 63].map((column) => cut[64 + column]),
    [0, 0, 20, 20, 32, 32],
  );
  assertEquals([...starts.subarray(62, 66)], [20, 20, 0, 0]);
  assertEquals(ramp.cut(masked, 7), masked);
});

Deno.test("only a run with a ramp or a mask is told what tokens see", () => {
  const masked = (overrides: Record<string, string>) =>
    trainingShape(tinyConfig("text.txt", overrides).train, 257).masked;
  assertEquals(masked({}), false);
  assertEquals(masked({ "train.document_mask": "true" }), true);
  assertEquals(masked({ "train.context_ramp": "0.1" }), true);
});

Deno.test("a ramp of sequences that are too short to cut is refused", () => {
  const parse = (context: string) =>
    tinyConfig("text.txt", {
      "train.context_ramp": "0.5",
      "train.context": context,
    });
  const error = assertThrows(() => parse("31"), InputError);
  assertStringIncludes(error.message, '"train.context_ramp" is 0.5');
  assertStringIncludes(error.message, "name a train.context of at least 32");
  assertEquals(parse("32").train.context_ramp, 0.5);
});

const RAMP = { "train.context_ramp": "0.5", "train.steps": "40" };

Deno.test("a run with a ramp learns in parts, and is measured on whole sequences", () =>
  withFolder(async (folder) => {
    const data = await writeText(folder);
    const seen: number[] = [];
    const measured = new Set<number>();
    const events = await trainTiny({
      config: tinyConfig(data, RAMP, TINY_LLAMA_YAML),
      out: join(folder, "run"),
      onSession: (session) => {
        const step = session.step.bind(session);
        session.step = (batches, numbers) => {
          seen.push(Math.max(...batches[0].documents?.starts ?? [0]));
          step(batches, numbers);
        };
        const evaluate = session.evaluate.bind(session);
        session.evaluate = (batches, count) => {
          const listed = [...batches];
          for (const { documents } of listed) {
            documents?.starts.forEach((start) => measured.add(start));
          }
          return evaluate(listed, count);
        };
      },
    });
    assertEquals(seen, [...Array(20).fill(16), ...Array(20).fill(0)]);
    assertEquals([...measured], [0]);
    const steps = eventsOf(events, "step");
    for (const [i, { tokens }] of steps.entries()) {
      assertEquals(tokens, (i + 1) * 4 * 32);
    }
    // A fresh model guesses among 257 tokens; the text has about 20.
    assertAlmostEquals(steps[0].trainLoss, Math.log(257), 0.3);
    assert((steps.at(-1)?.trainLoss ?? NaN) < 2.2);

    // It learns otherwise than a run without.
    const plain = await trainTiny({
      config: tinyConfig(data, { "train.steps": "40" }, TINY_LLAMA_YAML),
      out: join(folder, "plain"),
    });
    const others = eventsOf(plain, "step").map(({ trainLoss }) => trainLoss);
    assert(steps.slice(1, 20).every((s, i) => s.trainLoss !== others[i + 1]));
  }));

Deno.test("a run that is resumed within its ramp has the same bits", () =>
  withFolder(async (folder) => {
    const config = tinyConfig(await writeText(folder), {
      ...RAMP,
      "evaluate.every": "10",
    });
    await assertResumesAlike(config, folder, 8);
  }));
