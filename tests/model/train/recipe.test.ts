import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { openModel } from "../../../model/generate/open_model.ts";
import { openSafetensors } from "../../../model/io/safetensors_reader.ts";
import { LanguageModel } from "../../../model/language_model.ts";
import { loadWeights } from "../../../model/load_weights.ts";
import { parseModelConfig } from "../../../model/model_config.ts";
import { withFolder } from "../../data/with_folder.ts";
import { assertResumesAlike } from "../interrupted_run.ts";
import {
  eventsOf,
  TINY_RECIPE_YAML,
  tinyConfig,
  writeText,
} from "../tiny_run.ts";

/** Names of what value embeddings and residual scalars add. */
const ADDED = /lambda$|value_embeds/;

Deno.test("a llama with more is learned, interrupted, resumed and read back", () =>
  withFolder(async (folder) => {
    const data = await writeText(folder);
    const muon = { "optimizer.kind": "muon" };
    const config = tinyConfig(data, muon, TINY_RECIPE_YAML);
    const { events, checkpoint } = await assertResumesAlike(config, folder, 5);
    const losses = eventsOf(events, "step").map(({ trainLoss }) => trainLoss);
    assert(losses[11] < losses[0] - 0.5, losses.join());

    const stored = await openModel(checkpoint);
    const moments = await openSafetensors(
      join(checkpoint, "optimizer.safetensors"),
    );
    const { parameters } = new LanguageModel(stored.config, 2 ** 28);
    let added = 0;
    for (const { tensor, values } of parameters.initialValues(1)) {
      if (!ADDED.test(tensor.name)) continue;
      added++;
      const learned = await stored.weights.read(tensor.name);
      assert(learned.some((value, i) => value !== values[i]), tensor.name);
      assert(moments.shape(`${tensor.name}.exp_avg_sq`), tensor.name);
    }
    // A table, a scalar for each end, two for the mix before the second layer.
    assertEquals(added, 5);
    moments.close();
    stored.weights.close();
  }));

Deno.test("weights without value embeddings or scalars are refused", async () => {
  const config = parseModelConfig({
    model_type: "minnow",
    vocab_size: 11,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    value_embeddings: 1,
    residual_scalars: true,
  }, "config.json");
  const { parameters } = new LanguageModel(config, 2 ** 28);
  const shapes = new Map(
    parameters.parts.map(({ name, shape }) => [name, shape]),
  );
  const load = () =>
    loadWeights({ write: () => {} }, parameters, {
      names: shapes.keys(),
      shape: (name) => shapes.get(name),
      read: () => Promise.resolve(new Float32Array()),
      close: () => {},
    });
  await load();
  for (const { name, shape } of parameters.parts) {
    if (!ADDED.test(name)) continue;
    shapes.delete(name);
    await assertRejects(
      load,
      InputError,
      `"${name}" is missing; does config.json belong to these weights?`,
    );
    shapes.set(name, shape);
  }
});
