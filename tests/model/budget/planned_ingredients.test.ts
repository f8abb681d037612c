import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";
import { plannedIngredients } from "../../../model/budget/planned_ingredients.ts";
import { namesModel } from "../../../model/train/names_model.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";

const SURROUNDINGS = {
  vocabSize: 257,
  context: 64,
  bosTokenId: null,
  eosTokenId: null,
};

Deno.test("an ingredient that was given is in every model of the ladder", () => {
  const { model } = parseRunConfig(
    "model: { hidden_act: relu2, qk_norm: false }",
    "run.yaml",
  );
  const shapes = modelShapes(SURROUNDINGS, plannedIngredients(model));
  for (const { config, width, section } of shapes) {
    assert(config.model_type === "llama");
    assertEquals([config.hidden_act, config.qk_norm], ["relu2", false]);
    // Without a gate, two matrices hold what three would.
    assertEquals(config.intermediate_size, 4 * width);
    // What a plan writes down is the whole choice.
    assertEquals(section.fields, {
      ...section.fields,
      ...plannedIngredients(model),
    });
  }
});

Deno.test("value embeddings are in every planned model that is deep enough", () => {
  const shapesOf = (count: number) => {
    const { model } = parseRunConfig(
      `model: { value_embeddings: ${count} }`,
      "run.yaml",
    );
    return modelShapes(SURROUNDINGS, plannedIngredients(model));
  };
  const plain = shapesOf(0);
  const deep = shapesOf(3);
  const sizes = (shapes: typeof plain) =>
    shapes.map(({ width, layers, blockParameters }) =>
      `${width} ${layers} ${blockParameters}`
    );
  // The tables are no part of a block; a scalar for each end's layer is.
  assertEquals(
    sizes(deep),
    sizes(
      plain.filter(({ layers }) => layers >= 6).map((shape) => ({
        ...shape,
        blockParameters: shape.blockParameters + 6,
      })),
    ),
  );
  assertThrows(() => shapesOf(500), InputError, "lower it");
});

Deno.test("what is left open of the ingredients is the recipe's", () => {
  const [{ config }] = modelShapes(SURROUNDINGS);
  assert(config.model_type === "llama");
  assertEquals([config.qk_norm, config.zero_init], [true, false]);
  const { model } = parseRunConfig("model: { preset: gpt2 }", "run.yaml");
  assertEquals(plannedIngredients(model), plannedIngredients());
});

Deno.test("a head that is told to be the table is so in every planned model", () => {
  const surroundings = { ...SURROUNDINGS, vocabSize: 4096 };
  const { model } = parseRunConfig(
    "model: { tie_word_embeddings: true }",
    "run.yaml",
  );
  for (const [given, tied] of [[undefined, false], [model, true]] as const) {
    for (
      const { config, section } of modelShapes(
        surroundings,
        plannedIngredients(given),
      )
    ) {
      assertEquals(config.tie_word_embeddings, tied);
      assertEquals(section.fields.tie_word_embeddings, tied);
    }
  }
});

Deno.test("sizes and families name a model, ingredients do not", () => {
  assertEquals(namesModel(["model.tie_word_embeddings"]), false);
  assertEquals(namesModel(["model.qk_norm", "train.budget"]), false);
  assertEquals(namesModel([]), false);
  for (const key of ["model.hidden_size", "model.family", "model.preset"]) {
    assertEquals(namesModel(["model.qk_norm", key]), true, key);
  }
});
