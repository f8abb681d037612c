import { assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../data/input_error.ts";
import { defaultsOf } from "../../data/schema.ts";
import { LanguageModel } from "../../model/language_model.ts";
import {
  huggingFaceConfig,
  type LlamaConfig,
  parseModelConfig,
} from "../../model/model_config.ts";
import { RECIPE_FIELDS } from "../../model/recipe_fields.ts";

Deno.test("a bare gpt2 is the 124M model of Transformers", () => {
  assertEquals(parseModelConfig({ model_type: "gpt2" }, "config.json"), {
    model_type: "gpt2",
    vocab_size: 50257,
    n_positions: 1024,
    n_embd: 768,
    n_layer: 12,
    n_head: 12,
    n_inner: 3072,
    activation_function: "gelu_new",
    layer_norm_epsilon: 1e-5,
    initializer_range: 0.02,
    tie_word_embeddings: true,
    bos_token_id: 50256,
    eos_token_id: 50256,
  });
});

Deno.test("a bare llama is the 7B model of Transformers", () => {
  assertEquals(parseModelConfig({ model_type: "llama" }, "config.json"), {
    model_type: "llama",
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    head_dim: 128,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    max_position_embeddings: 2048,
    tie_word_embeddings: false,
    ...defaultsOf(RECIPE_FIELDS),
    initializer_range: 0.02,
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: 1,
    eos_token_id: 2,
  });
});

// The keys of HuggingFaceTB/SmolLM2-135M that matter, as Transformers 4 wrote
// them.
const SMOLLM2 = {
  architectures: ["LlamaForCausalLM"],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 0,
  eos_token_id: 0,
  hidden_act: "silu",
  hidden_size: 576,
  initializer_range: 0.041666666666666664,
  intermediate_size: 1536,
  is_llama_config: true,
  max_position_embeddings: 8192,
  model_type: "llama",
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_interleaved: false,
  rope_scaling: null,
  rope_theta: 100000,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  use_cache: true,
  vocab_size: 49152,
};

Deno.test("the rotary base is read from before and since Transformers 5", () => {
  const old = parseModelConfig(SMOLLM2, "config.json") as LlamaConfig;
  assertEquals(old.rope_theta, 100000);
  assertEquals(old.head_dim, 64);
  const { rope_theta: _, rope_scaling: __, ...rest } = SMOLLM2;
  const current = parseModelConfig({
    ...rest,
    rope_parameters: { rope_theta: 100000, rope_type: "default" },
  }, "config.json");
  assertEquals(current, old);
});

Deno.test("what is written for Transformers is read back unchanged", () => {
  const configs = [
    SMOLLM2,
    { model_type: "gpt2", n_embd: 60, n_head: 3, n_inner: 77, vocab_size: 9 },
    { model_type: "llama", head_dim: 6, tie_word_embeddings: true },
    { model_type: "qwen3" },
    { model_type: "minnow", hidden_act: "relu2", qk_norm: true },
    { model_type: "minnow", final_logit_softcapping: 15 },
    { model_type: "minnow", value_embeddings: 3, residual_scalars: true },
  ].map((json) => parseModelConfig(json, "config.json"));
  for (const config of configs) {
    const written = JSON.parse(JSON.stringify(huggingFaceConfig(config)));
    assertEquals(parseModelConfig(written, "config.json"), config);
  }
});

// The keys of Qwen/Qwen3-0.6B that matter, as Transformers 4 wrote them.
const QWEN3 = {
  architectures: ["Qwen3ForCausalLM"],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151645,
  head_dim: 128,
  hidden_act: "silu",
  hidden_size: 1024,
  initializer_range: 0.02,
  intermediate_size: 3072,
  max_position_embeddings: 40960,
  max_window_layers: 28,
  model_type: "qwen3",
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151936,
};

Deno.test("a Qwen3 is a Llama with normalised queries and keys", () => {
  const config = parseModelConfig(QWEN3, "config.json") as LlamaConfig;
  assertEquals(config.qk_norm, true);
  assertEquals(new LanguageModel(config, Infinity).parameters.count, 596049920);
  const llama = { ...config, qk_norm: false };
  assertEquals(huggingFaceConfig(llama).architectures, ["LlamaForCausalLM"]);
  const written = huggingFaceConfig(config);
  assertEquals(written.architectures, ["Qwen3ForCausalLM"]);
  assertEquals(written.model_type, "qwen3");
});

Deno.test("what Transformers has no architecture for has a name it refuses", () => {
  const config = parseModelConfig({ model_type: "llama" }, "config.json");
  const recipes: Partial<LlamaConfig>[] = [
    { hidden_act: "relu2" },
    { final_logit_softcapping: 30 },
    { value_embeddings: 1 },
    { residual_scalars: true },
  ];
  for (const recipe of recipes) {
    const written = huggingFaceConfig({
      ...config as LlamaConfig,
      ...recipe,
    });
    assertEquals(written.model_type, "minnow");
    assertEquals(written.architectures, ["MinnowForCausalLM"]);
  }
});

Deno.test("a special token beyond the vocabulary is none", () => {
  const config = parseModelConfig({
    model_type: "gpt2",
    vocab_size: 100,
    bos_token_id: [7, 8],
  }, "config.json");
  assertEquals(config.bos_token_id, 7);
  assertEquals(config.eos_token_id, null);
});

Deno.test("what is not allowed is refused with key and value", () => {
  const cases: readonly [unknown, string][] = [
    [[], "c.json: is []; it must be an object"],
    [
      {},
      'c.json: "model_type" is missing; it must be one of "gpt2", "llama", "qwen3", "minnow"',
    ],
    [
      { model_type: "phi" },
      'c.json: "model_type" is "phi"; it must be one of "gpt2", "llama", "qwen3", "minnow"',
    ],
    [
      { model_type: "gpt2", n_layer: 1.5 },
      'c.json: "n_layer" is 1.5; it must be an integer of at least 1 and at most 1024',
    ],
    [
      { model_type: "gpt2", n_layer: 1e9 },
      'c.json: "n_layer" is 1000000000; it must be an integer of at least 1 and at most 1024',
    ],
    [
      { model_type: "gpt2", activation_function: "relu" },
      'c.json: "activation_function" is "relu"; it must be "gelu_new"',
    ],
    [
      { model_type: "gpt2", scale_attn_by_inverse_layer_idx: true },
      'c.json: "scale_attn_by_inverse_layer_idx" is true, which is not implemented; it must be false',
    ],
    [
      { model_type: "gpt2", n_embd: 770 },
      'c.json: "n_embd" is 770, which "n_head" 12 does not divide; make it a multiple',
    ],
    [
      { model_type: "llama", num_key_value_heads: 5 },
      'c.json: "num_attention_heads" is 32, which "num_key_value_heads" 5 does not divide; make it a multiple',
    ],
    [
      { model_type: "llama", hidden_size: 96 },
      'c.json: "head_dim" is 3; it must be even, because rotary embedding turns pairs',
    ],
    [
      { model_type: "llama", attention_bias: true },
      'c.json: "attention_bias" is true; it must be false',
    ],
    [
      { model_type: "minnow", num_hidden_layers: 3, value_embeddings: 2 },
      'c.json: "value_embeddings" is 2, but "num_hidden_layers" is 3; it must be at most half of that',
    ],
    [
      { model_type: "llama", hidden_act: "relu2" },
      'c.json: "hidden_act" is "relu2", which is not implemented; it must be "silu"',
    ],
    [
      { model_type: "qwen3", use_sliding_window: true },
      'c.json: "use_sliding_window" is true, which is not implemented; it must be false',
    ],
    [
      {
        model_type: "qwen3",
        layer_types: ["full_attention", "sliding_attention"],
      },
      'c.json: "layer_types" is "sliding_attention", which is not implemented; it must be "full_attention"',
    ],
    [
      { model_type: "llama", rope_scaling: { type: "linear", factor: 2 } },
      'c.json: "rope_scaling.rope_type" is "linear", which is not implemented; it must be "default"',
    ],
    [
      { model_type: "llama", rope_parameters: { rope_type: "llama3" } },
      'c.json: "rope_parameters.rope_type" is "llama3", which is not implemented; it must be "default"',
    ],
    [
      { model_type: "llama", rope_parameters: 3 },
      'c.json: "rope_parameters": is 3; it must be an object',
    ],
  ];
  for (const [json, message] of cases) {
    const error = assertThrows(
      () => parseModelConfig(json, "c.json"),
      InputError,
    );
    assertEquals(error.message, message);
  }
});
