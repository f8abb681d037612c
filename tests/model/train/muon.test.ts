import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { openSafetensors } from "../../../model/io/safetensors_reader.ts";
import { TrainingSession } from "../../../model/train/training_session.ts";
import { withFolder } from "../../data/with_folder.ts";
import { testDevice } from "../../kernels/harness.ts";
import { assertResumesAlike } from "../interrupted_run.ts";
import {
  eventsOf,
  TINY_LLAMA_YAML,
  tinyConfig,
  tinySession,
  trainTiny,
  writeText,
} from "../tiny_run.ts";

const MUON = { "optimizer.kind": "muon" };

async function openMuon(): Promise<TrainingSession> {
  const options = tinySession(TINY_LLAMA_YAML, MUON);
  return await TrainingSession.open(await testDevice(), options);
}

Deno.test("a run with Muon that is interrupted resumes with the same bits", () =>
  withFolder(async (folder) => {
    const data = await writeText(folder);
    const config = tinyConfig(data, MUON, TINY_LLAMA_YAML);
    const { events, checkpoint } = await assertResumesAlike(config, folder, 5);
    const losses = eventsOf(events, "step").map(({ trainLoss }) => trainLoss);
    assert(losses[11] < losses[0] - 0.5, losses.join());
    const stored = await openSafetensors(
      join(checkpoint, "optimizer.safetensors"),
    );
    const layer = "model.layers.0";
    assertEquals(
      [...stored.names].filter((name) => name.startsWith(layer)).sort(),
      [
        ...["input_layernorm", "post_attention_layernorm"].flatMap((norm) => [
          `${layer}.${norm}.weight.exp_avg`,
          `${layer}.${norm}.weight.exp_avg_sq`,
        ]),
        ...["gate", "up", "down"].map((name) =>
          `${layer}.mlp.${name}_proj.weight.momentum_buffer`
        ),
        ...["q", "k", "v", "o"].map((name) =>
          `${layer}.self_attn.${name}_proj.weight.momentum_buffer`
        ),
      ].sort(),
    );
    stored.close();
    await assertRejects(
      () =>
        trainTiny({
          config: tinyConfig(data, { "train.steps": "14" }, TINY_LLAMA_YAML),
          out: join(folder, "run"),
          resume: true,
        }),
      InputError,
      "was it another optimizer.kind?",
    );
  }));

Deno.test("Muon has one moment for each value that it updates", async () => {
  const session = await openMuon();
  const { parameters } = session.model;
  const muon = [...parameters.muonMatrices()];
  const updated = muon.reduce(
    (sum, { part: { shape: [rows, columns] } }) => sum + rows * columns,
    0,
  );
  // All but the table, five norms; no size here needs padding.
  assertEquals(updated, parameters.count - 272 * 32 - 5 * 32);
  const { bytes } = session.executable.plan;
  const padding = 4 * 32 * 5;
  assertEquals(bytes.weights, 4 * parameters.count + padding);
  assertEquals(bytes.moments, 2 * bytes.weights - 4 * updated);
  session.close();
});

Deno.test("Muon skips a step with a gradient that is not finite", async () => {
  const session = await openMuon();
  const { executable, model, program } = session;
  session.initialize(1);
  const read = async () => {
    const values: Record<string, Float32Array> = {};
    for (const kind of ["weight", "momentum"] as const) {
      for (const { part, tensor } of model.parameters.partTensors(kind)) {
        values[`${part.name}.${kind}`] = await executable.read(tensor);
      }
    }
    return values;
  };
  const before = await read();
  const [{ gradient }] = model.parameters.muonMatrices();
  executable.write(gradient, Float32Array.of(1, NaN, Infinity));
  executable.write(program.hyper, Float32Array.of(1, 0.1, 0.05, 1));
  executable.submit(["update"]);
  assertEquals(await read(), before);
  // And takes the next one.
  executable.write(gradient, Float32Array.of(1, 2, 3));
  executable.submit(["update"]);
  const after = await read();
  const [{ part }] = model.parameters.muonMatrices();
  assert(after[`${part.name}.weight`][0] < before[`${part.name}.weight`][0]);
  session.close();
});
