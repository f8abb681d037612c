import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  type TokenBatch,
  TrainingSession,
} from "../../../model/train/training_session.ts";
import type { TrainingShape } from "../../../model/train/training_shape.ts";
import { withFolder } from "../../data/with_folder.ts";
import { assertClose, testDevice } from "../../kernels/harness.ts";
import {
  eventsOf,
  TINY_LLAMA_YAML,
  TINY_VOCABULARY,
  tinyConfig,
  tinySession,
  trainTiny,
} from "../tiny_run.ts";

/** Losses of all tokens, and the gradients. */
async function run(
  shape: Omit<TrainingShape, "vocabulary">,
  batch: TokenBatch,
): Promise<Record<string, Float32Array>> {
  const session = await TrainingSession.open(await testDevice(), {
    ...tinySession(TINY_LLAMA_YAML),
    shape: { ...shape, vocabulary: TINY_VOCABULARY },
  });
  session.initialize(1);
  const { executable, program, model: { parameters } } = session;
  const results: Record<string, Float32Array> = {
    losses: await session.tokenLosses(batch),
  };
  executable.submit(["micro"]);
  for (const { part, tensor } of parameters.partTensors("gradient")) {
    results[part.name] = await executable.read(tensor);
  }
  assertEquals(program.starts !== undefined, shape.masked ?? false);
  session.close();
  return results;
}

Deno.test("documents of one sequence are learned from as sequences of their own", async () => {
  const inputs = Uint32Array.from({ length: 64 }, (_, i) => i * i * 7 % 257);
  const targets = inputs.toReversed();
  const starts = Uint32Array.from({ length: 64 }, (_, i) => i & 16);
  // Rotary positions are relative, so a later document loses nothing by them.
  const packed = await run(
    { batch: 2, context: 32, masked: true },
    { inputs, targets, documents: { starts } },
  );
  const alone = await run({ batch: 4, context: 16 }, { inputs, targets });
  const mixed = await run({ batch: 2, context: 32 }, { inputs, targets });
  assertEquals(Object.keys(packed), Object.keys(alone));
  for (const [name, expected] of Object.entries(alone)) {
    assertClose(packed[name], expected, 1e-5, name);
  }
  assert(
    mixed.losses.some((loss, i) => Math.abs(loss - alone.losses[i]) > 1e-3),
  );
});

Deno.test("a run with a document mask trains and measures with it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "text.jsonl");
    const text = (i: number) => JSON.stringify({ text: `a ${i} b ${i}` });
    await Deno.writeTextFile(
      path,
      Array.from({ length: 900 }, (_, i) => text(i % 90)).join("\n"),
    );
    const losses: (number | null)[] = [];
    for (const mask of ["true", "false"]) {
      const config = tinyConfig(
        path,
        { "train.document_mask": mask },
        TINY_LLAMA_YAML,
      );
      const events = await trainTiny({ config, out: join(folder, mask) });
      const [{ validationLoss }] = eventsOf(events, "finished");
      losses.push(validationLoss);
    }
    const [masked, open] = losses.map((loss) => loss ?? NaN);
    assertAlmostEquals(masked, open, 0.5);
    assert(masked !== open);
  }));
