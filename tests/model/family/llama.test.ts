import { assert, assertEquals } from "@std/assert";
import { LanguageModel } from "../../../model/language_model.ts";
import { parseModelConfig } from "../../../model/model_config.ts";

/** A small model with some ingredients. */
function modelWith(recipe: Readonly<Record<string, unknown>>): LanguageModel {
  const config = parseModelConfig({
    model_type: "minnow",
    vocab_size: 11,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    max_position_embeddings: 16,
    bos_token_id: null,
    eos_token_id: null,
    ...recipe,
  }, "config.json");
  return new LanguageModel(config, 2 ** 28);
}

Deno.test("zero_init starts the ends of a block's halves at zero, alone", () => {
  for (const zero_init of [false, true]) {
    const model = modelWith({ zero_init });
    const names = new Set<string>();
    for (const { tensor, values } of model.parameters.initialValues(1)) {
      if (values.every((value) => value === 0)) names.add(tensor.name);
    }
    const ends = [0, 1].flatMap((layer) => [
      `model.layers.${layer}.self_attn.o_proj.weight`,
      `model.layers.${layer}.mlp.down_proj.weight`,
    ]);
    assertEquals([...names], zero_init ? ends : []);
  }
});

Deno.test("relu2 has no gate", () => {
  const names = modelWith({ hidden_act: "relu2" }).parameters.parts
    .map(({ name }) => name).filter((name) => name.includes(".0.mlp."));
  assertEquals(names, [
    "model.layers.0.mlp.up_proj.weight",
    "model.layers.0.mlp.down_proj.weight",
  ]);
});

Deno.test("weights of normalised heads are as wide as a head, without decay", () => {
  const { specs } = modelWith({ qk_norm: true }).parameters;
  const norms = specs.filter(({ key }) => /\.[qk]_norm$/.test(key));
  assertEquals(norms.length, 4);
  assert(
    norms.every(({ decay, parts: [{ shape }] }) =>
      !decay && shape.join() === "4"
    ),
  );
});
