import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { blockParameters } from "../../../model/budget/block_parameters.ts";
import { lawLearningRate } from "../../../model/budget/law_learning_rate.ts";
import { LanguageModel } from "../../../model/language_model.ts";
import { resolveModel } from "../../../model/train/resolve_model.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";
import { withFolder } from "../../data/with_folder.ts";
import { eventsOf, tinyConfig, trainTiny, writeText } from "../tiny_run.ts";

function modelOf(yaml: string, vocabSize: number) {
  const { model } = parseRunConfig(yaml, "run.yaml");
  const config = resolveModel(model, {
    vocabSize,
    context: 1024,
    bosTokenId: null,
    eosTokenId: null,
  }, "run.yaml");
  return { config, model: new LanguageModel(config, Infinity) };
}

Deno.test("embeddings, positions and an untied head are no block's", () => {
  const gpt2 = modelOf("model: { preset: gpt2 }", 50_256);
  // GPT-2's 124 M less 50,257 and 1,024 rows of 768.
  assertEquals(blockParameters(gpt2.model, gpt2.config), 85_056_000);
  const tied = modelOf("model: { preset: stories15m }", 32_000);
  const untied = modelOf(
    "model: { preset: stories15m, tie_word_embeddings: false }",
    32_000,
  );
  assertEquals(
    blockParameters(untied.model, untied.config),
    blockParameters(tied.model, tied.config),
  );
  const grouped = (recipe: string) =>
    modelOf(
      "model: { family: llama, hidden_size: 64, num_hidden_layers: 4, " +
        `num_attention_heads: 4, num_key_value_heads: 2${recipe} }`,
      1000,
    );
  const [plain, more] = [grouped(""), grouped(", value_embeddings: 2")];
  assertEquals(
    blockParameters(more.model, more.config),
    // A scalar for each layer.
    blockParameters(plain.model, plain.config) + 4,
  );
});

Deno.test("larger models learn at lower rates, the smallest at no more than is stable", () => {
  const rate = (preset: string) => {
    const { model, config } = modelOf(`model: { preset: ${preset} }`, 32_000);
    return lawLearningRate(model, config, { tokens: 1e9, context: 1024 });
  };
  assert(
    rate("gpt2-large") < rate("gpt2") && rate("gpt2") < rate("stories15m"),
  );
  // 1.79 · 85.056e6^-0.713 · (1e9)^0.307
  assertEquals(rate("gpt2"), 0.0023);
  assertEquals(rate("primer"), 5e-3);
});

Deno.test("a run that names no learning rate gets one and keeps it", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    const config = tinyConfig(await writeText(folder), {
      "optimizer.learning_rate": "null",
      "train.steps": "2",
    });
    const events = await trainTiny({ config, out });
    const [started] = eventsOf(events, "started");
    assertEquals(started.config.optimizer.learning_rate, 5e-3);
    const notices = eventsOf(events, "notice").map(({ message }) => message);
    assert(
      notices.includes("learning rate 0.005, which suits model and tokens"),
    );
    const kept = parseRunConfig(
      await Deno.readTextFile(join(out, "run.yaml")),
      "run.yaml",
    );
    assertEquals(kept.optimizer.learning_rate, 5e-3);
  }));
