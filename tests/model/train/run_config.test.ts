import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { defaultsOf } from "../../../data/schema.ts";
import { RECIPE_FIELDS } from "../../../model/recipe_fields.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";
import { resolveModel } from "../../../model/train/resolve_model.ts";
import {
  describeRunConfig,
  stringifyRunConfig,
} from "../../../model/train/stringify_run_config.ts";

function read(text: string, overrides?: Record<string, string>) {
  return parseRunConfig(text, "run.yaml", overrides);
}

Deno.test("an empty file is the default run", () => {
  for (const text of ["", "# nothing\n", "train:\nmodel:\n", "{}"]) {
    assertEquals(read(text), {
      seed: 1,
      model: { preset: "primer", family: "llama", fields: {} },
      data: {
        paths: [],
        tokenizer: null,
        text_field: "text",
        skip_bad: false,
        validation_fraction: 0.1,
        primer_bytes: 8_000_000,
      },
      train: {
        budget: null,
        steps: null,
        context: 256,
        context_ramp: 0,
        batch: 8,
        accumulation: 1,
        batch_ramp: 0,
        tune: "quick",
        document_mask: false,
        operands: "f32",
        rollback: true,
      },
      optimizer: {
        kind: "muon",
        momentum: 0.95,
        learning_rate: null,
        minimum_learning_rate: 0,
        beta1: 0.9,
        beta2: 0.95,
        epsilon: 1e-8,
        weight_decay: 0.1,
        cautious: false,
        average: "none",
        average_share: 0.1,
        clip: 1,
      },
      schedule: { kind: "wsd", warmup: 100, decay: 0.65 },
      evaluate: { every: 250, tokens: 65536 },
      sample: {
        every: 0,
        prompts: ["Once upon a time", "Q: What is 2 plus 3? A:"],
        tokens: 200,
        temperature: 0.8,
        top_k: 0,
        top_p: 1,
      },
      checkpoint: { every: 500, keep: 2, best: true },
      memory: { recompute: "auto", limit: null },
    });
  }
});

const EVERYTHING = `
seed: 7
model:
  family: gpt2
  n_layer: 4
  n_inner: null
data:
  paths: [a.txt, "b c"]
  tokenizer: characters
train:
  budget: 1h30m
  steps: 2000
optimizer: { learning_rate: 3e-4, weight_decay: 0 }
schedule: { kind: wsd }
sample:
  prompts: ["1", "two\\nlines"]
memory: { recompute: block, limit: 24GB }
`;

Deno.test("keys of the file and of the command line are read", () => {
  const config = read(EVERYTHING, {
    "train.steps": "50",
    "train.budget": "90s",
    "data.paths": "[c.txt]",
    "data.tokenizer": "tokenizer.json",
    "optimizer.epsilon": "1e-6",
    "checkpoint.best": "false",
    "memory.limit": "",
    "model.n_embd": "64",
    "seed": "8",
  });
  assertEquals(config.seed, 8);
  assertEquals(config.model, {
    preset: null,
    family: "gpt2",
    fields: { n_embd: 64, n_layer: 4, n_inner: null },
  });
  assertEquals(config.data.paths, ["c.txt"]);
  assertEquals(config.data.tokenizer, "tokenizer.json");
  assertEquals(config.train.steps, 50);
  assertEquals(config.train.budget, 90);
  assertEquals(config.optimizer.learning_rate, 3e-4);
  assertEquals(config.optimizer.epsilon, 1e-6);
  assertEquals(config.checkpoint.best, false);
  assertEquals(config.memory, { recompute: "block", limit: null });
});

Deno.test("a text in place of a list is a list of one", () => {
  assertEquals(read("", { "data.paths": "a.txt" }).data.paths, ["a.txt"]);
});

Deno.test("what is written is read back the same", () => {
  for (const text of ["", EVERYTHING, "model: { preset: gpt2 }"]) {
    const config = read(text);
    assertEquals(read(stringifyRunConfig(config)), config);
  }
});

Deno.test("every key is described with its default", () => {
  const text = describeRunConfig();
  assertStringIncludes(text, "train.context: 256\n    tokens of a sequence");
  assertStringIncludes(text, "memory.limit: null\n");
  assertStringIncludes(text, "model.qk_norm: false\n");
  assertStringIncludes(text, 'one of "cosine", "wsd", "constant"');
});

Deno.test("bad keys and values are refused in one clear line", () => {
  const cases: readonly [string, string][] = [
    [
      "trian: {steps: 3}",
      'unknown key "trian.steps"; did you mean "train.steps"?',
    ],
    [
      "train: {stesp: 3}",
      'unknown key "train.stesp"; did you mean "train.steps"?',
    ],
    ["sede: 1", 'unknown key "sede"; did you mean "seed"?'],
    [
      "learning_rate: 1",
      'unknown key "learning_rate"; did you mean "optimizer.learning_rate"?',
    ],
    [
      "bogus: 1",
      'unknown key "bogus"; the sections are model, data, train, optimizer, ' +
      "schedule, evaluate, sample, checkpoint, memory",
    ],
    ["__proto__: {x: 1}", 'unknown key "__proto__.x"; the sections are'],
    ["train: 5", '"train" is 5; it must be a mapping'],
    ["[1]", "is [1]; it must be a mapping of sections"],
    [
      "train.steps: 3\ntrain: {steps: 4}",
      '"train.steps" is given twice; drop one',
    ],
    ["train: {steps: 3, steps: 4}", "is not valid YAML: "],
    ["train: {steps: 3", "is not valid YAML: "],
    [
      "train: {batch: -8}",
      '"train.batch" is -8; it must be an integer of at least 1 and at most 2147483648',
    ],
    ["train: {batch: 0}", '"train.batch" is 0; it must be an integer'],
    ["train: {batch: 1.5}", '"train.batch" is 1.5; it must be an integer'],
    ['train: {batch: "8"}', '"train.batch" is "8"; it must be an integer'],
    ["train: {batch: null}", '"train.batch" is null; it must be an integer'],
    ["train: {batch: [8]}", '"train.batch" is [8]; it must be an integer'],
    [
      "train: {budget: 3}",
      '"train.budget" is 3; it must be a span of time such as 90s, 3m or 1h30m, or null for no bound',
    ],
    [
      "memory: {limit: 24}",
      '"memory.limit" is 24; it must be a size such as 24GB or 512MiB, or null',
    ],
    [
      "optimizer: {learning_rate: .inf}",
      '"optimizer.learning_rate" is Infinity',
    ],
    ["optimizer: {learning_rate: .nan}", '"optimizer.learning_rate" is NaN'],
    [
      "optimizer: {beta1: 1}",
      '"optimizer.beta1" is 1; it must be a number of at least 0 and less than 1',
    ],
    [
      "schedule: {kind: linear}",
      '"schedule.kind" is "linear"; it must be one of "cosine", "wsd", "constant"',
    ],
    ["data: {paths: [1]}", '"data.paths" is [1]; it must be a list of texts'],
    ["data: {tokenizer: ''}", '"data.tokenizer" is ""; it must be a text'],
    [
      "checkpoint: {best: 1}",
      '"checkpoint.best" is 1; it must be true or false',
    ],
    [
      "model: {preset: big}",
      '"model.preset" is "big"; it must be one of "primer"',
    ],
    [
      "model: {family: phi}",
      '"model.family" is "phi"; it must be one of "gpt2", "llama"',
    ],
    [
      "model: {preset: gpt2, family: llama}",
      '"model.family" is "llama", but preset "gpt2" is of family "gpt2"; leave one of them out',
    ],
    [
      "model: {n_layer: 3}",
      '"model.n_layer" is a field of family "gpt2", but the model is of family "llama"',
    ],
    [
      "model: {family: gpt2, n_layers: 3}",
      'unknown key "model.n_layers"; did you mean "model.n_layer"?',
    ],
    ["model: {family: gpt2, n_layer: 0}", '"model.n_layer" is 0; it must be'],
  ];
  for (const [text, message] of cases) {
    const error = assertThrows(() => read(text), InputError);
    assertStringIncludes(error.message, `run.yaml: ${message}`);
    assertEquals(error.message.includes("\n"), false, error.message);
  }
});

Deno.test("a bad override names the flag", () => {
  const cases: readonly [string, string, string][] = [
    ["train.batch", "-1", '--config: "train.batch" is -1; it must be'],
    [
      "train.bath",
      "1",
      '--config: unknown key "train.bath"; did you mean "train.batch"?',
    ],
    ["train", "1", '--config: "train" is a section; name a key of it'],
    ["model.family", "x", '--config: "model.family" is "x"'],
    ["seed", "[", "--config seed: is not valid YAML"],
  ];
  for (const [key, value, message] of cases) {
    const error = assertThrows(() => read("", { [key]: value }), InputError);
    assertStringIncludes(error.message, message);
  }
});

const SURROUNDINGS = {
  vocabSize: 257,
  context: 64,
  bosTokenId: null,
  eosTokenId: 256,
};

Deno.test("what a model leaves open comes from tokenizer, run and family", () => {
  const primer = resolveModel(read("").model, SURROUNDINGS, "run.yaml");
  assertEquals(primer, {
    model_type: "llama",
    vocab_size: 272, // the next multiple of 16
    hidden_size: 96,
    intermediate_size: 256,
    num_hidden_layers: 3,
    num_attention_heads: 3,
    num_key_value_heads: 3,
    head_dim: 32,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    max_position_embeddings: 64,
    tie_word_embeddings: true,
    ...defaultsOf(RECIPE_FIELDS),
    qk_norm: true, // what paid, unless told
    initializer_range: 0.02,
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: null,
    eos_token_id: 256,
  });
  const wide = read("model: {family: llama, hidden_size: 512}").model;
  const resolved = resolveModel(wide, SURROUNDINGS, "run.yaml");
  assertEquals(
    resolved.model_type === "llama" && resolved.intermediate_size,
    1376,
  );
  const plain = read("model: {preset: primer, hidden_act: relu2}").model;
  const wider = resolveModel(plain, SURROUNDINGS, "run.yaml");
  assertEquals(
    wider.model_type === "llama" && wider.intermediate_size,
    4 * 96, // where there is no gate
  );
  const gpt2 = resolveModel(
    read("model: {preset: gpt2, n_layer: 2, vocab_size: 320}").model,
    SURROUNDINGS,
    "run.yaml",
  );
  assertEquals(gpt2, {
    model_type: "gpt2",
    vocab_size: 320,
    n_positions: 64,
    n_embd: 768,
    n_layer: 2,
    n_head: 12,
    n_inner: 3072,
    activation_function: "gelu_new",
    layer_norm_epsilon: 1e-5,
    initializer_range: 0.02,
    tie_word_embeddings: true,
    bos_token_id: null,
    eos_token_id: 256,
  });
});

Deno.test("a fresh llama's head has a table of its own where ids are many", () => {
  const tied = (fields: string, vocabSize: number) => {
    const { model } = read(`model: {family: llama${fields}}`);
    const surroundings = { ...SURROUNDINGS, vocabSize };
    return resolveModel(model, surroundings, "run.yaml").tie_word_embeddings;
  };
  assertEquals(tied("", 257), true);
  assertEquals(tied("", 1008), true);
  assertEquals(tied("", 1009), false); // 1024 with those that fill it up
  assertEquals(tied(", tie_word_embeddings: true", 4096), true);
  assertEquals(tied(", tie_word_embeddings: false", 257), false);
  // Presets of others' models are as those are.
  assertEquals(tied(", preset: stories15m", 32_000), true);
});

Deno.test("a model too small for tokenizer or context is refused", () => {
  const cases: readonly [string, string][] = [
    [
      "family: gpt2, vocab_size: 100",
      'run.yaml: "model.vocab_size" is 100, but the tokenizer has 257',
    ],
    [
      "family: gpt2, n_positions: 10",
      'run.yaml: "model.n_positions" is 10, but "train.context" is 64',
    ],
    [
      "family: gpt2, n_head: 5",
      'run.yaml: model: "n_embd" is 128, which "n_head" 5 does not divide',
    ],
  ];
  for (const [model, message] of cases) {
    const section = read(`model: {${model}}`).model;
    assertThrows(
      () => resolveModel(section, SURROUNDINGS, "run.yaml"),
      InputError,
      message,
    );
  }
});
