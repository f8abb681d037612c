import { assert, assertEquals } from "@std/assert";
import { LanguageModel } from "../../../model/language_model.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";

const SHAPES = modelShapes({
  vocabSize: 16_384,
  context: 1024,
  bosTokenId: 0,
  eosTokenId: 0,
});

Deno.test("the ladder reaches from thousands to billions without gaps", () => {
  const small = modelShapes({
    vocabSize: 257,
    context: 64,
    bosTokenId: null,
    eosTokenId: null,
  });
  assert(small[0].parameters < 15_000);
  assert(small[small.length - 1].parameters > 5e9);
  for (const [i, { parameters }] of small.entries()) {
    const ratio = parameters / (small[i - 1]?.parameters ?? parameters);
    assert(ratio >= 1 && ratio < 2.1, `${ratio} at ${parameters}`);
    // From a million on, the law's optimum is never far from a shape.
    assert(parameters < 1e6 || ratio < 1.5, `${ratio} at ${parameters}`);
  }
});

Deno.test("shapes are real models of multiples that kernels like", () => {
  for (const { width, config, parameters, layers } of SHAPES) {
    assert(config.model_type === "llama");
    // Models of thousands of parameters are narrower than kernels like.
    const narrow = width < 64;
    assert([...(narrow ? [8, 16] : []), 32, 64, 128].includes(config.head_dim));
    assertEquals(config.head_dim * config.num_attention_heads, width);
    assertEquals(width % (narrow ? 8 : 32), 0);
    assertEquals(config.intermediate_size % 32, 0);
    assertEquals(config.num_hidden_layers, layers);
    assertEquals(
      new LanguageModel(config, Infinity).parameters.count,
      parameters,
    );
  }
});

Deno.test("no model has to do with a single head", () => {
  for (const { config } of SHAPES) {
    assert(config.model_type === "llama");
    assert(config.num_attention_heads >= 2, `width ${config.hidden_size}`);
  }
});

Deno.test("a block's parameters leave out both tables", () => {
  const shape = SHAPES.find(({ width }) => width === 768);
  assert(shape);
  assertEquals(
    shape.parameters - shape.blockParameters,
    2 * 16_384 * 768,
  );
});
