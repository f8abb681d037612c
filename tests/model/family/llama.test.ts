import { assert, assertEquals } from "@std/assert";
import { Graph } from "../../../kernels/plan/graph.ts";
import { trainingFlopsPerToken } from "../../../model/budget/training_flops.ts";
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

/** Layers at both ends, and scalars in every layer but the first. */
const MORE = {
  num_hidden_layers: 5,
  num_key_value_heads: 1,
  value_embeddings: 2,
  residual_scalars: true,
};

Deno.test("scalars and value embeddings decay not, and AdamW updates them", () => {
  const { config } = modelWith(MORE);
  const { parameters } = new LanguageModel(config, 2 ** 28, {
    optimizer: "muon",
  });
  const added = parameters.specs.filter(({ key }) =>
    /lambda$|value_embeds/.test(key)
  );
  const layers = (name: string, ...numbers: number[]) =>
    numbers.map((layer) => `model.layers.${layer}.${name}`);
  assertEquals(
    added.map(({ key }) => key).sort(),
    [
      ...layers("self_attn.value_lambda", 0, 1, 3, 4),
      ...layers("resid_lambda", 1, 2, 3, 4),
      ...layers("x0_lambda", 1, 2, 3, 4),
      "model.value_embeds.0.weight",
      "model.value_embeds.1.weight",
    ].sort(),
  );
  const muon = new Set(
    [...parameters.muonMatrices()].map(({ part }) => part.name),
  );
  assert(muon.has("model.layers.0.self_attn.v_proj.weight"));
  for (const { key, decay, initial, parts: [{ name, shape }] } of added) {
    const isTable = key.includes("value_embeds");
    assertEquals(shape, isTable ? [11, 4] : [1], key);
    assert(!decay && !muon.has(name), key);
    const zeros = isTable || key.endsWith("x0_lambda");
    assertEquals(initial.kind, zeros ? "zeros" : "ones", key);
  }
  const plain = modelWith({ num_hidden_layers: 5, num_key_value_heads: 1 });
  assertEquals(parameters.count - plain.parameters.count, 2 * 11 * 4 + 4 + 8);
});

Deno.test("the first and the last layers take the same value embeddings in order", () => {
  const model = modelWith(MORE);
  const graph = new Graph();
  model.sequences(graph, graph.input("tokens", [8], "u32"), 8);
  const tables = new Map<unknown, string>();
  const found: string[] = [];
  for (const { op, label, inputs, outputs } of graph.nodes) {
    if (op.name === "embedding") tables.set(outputs.rows, inputs.table.name);
    const table = op.name === "scaled_sum" && tables.get(inputs.b);
    if (!table || !label.includes("self_attn")) continue;
    found.push(`${label.split(".")[2]}: ${table}`);
  }
  assertEquals(
    found,
    [[0, 0], [1, 1], [3, 0], [4, 1]].map(([layer, table]) =>
      `${layer}: model.value_embeds.${table}.weight`
    ),
  );
});

Deno.test("value embeddings and scalars cost no arithmetic worth counting", () => {
  const flops = (recipe: Readonly<Record<string, unknown>>) =>
    trainingFlopsPerToken(modelWith(recipe), 16);
  const { value_embeddings, residual_scalars, ...plain } = MORE;
  assertEquals(flops({ ...plain, value_embeddings }), flops(plain));
  assertEquals(flops({ ...plain, residual_scalars }), flops(plain));
});
