import { InputError } from "../data/input_error.ts";
import {
  completeGpt2,
  completeLlama,
  GPT2_FIELDS,
  LLAMA_FIELDS,
  QWEN3_FIELDS,
} from "./config_fields.ts";
import {
  exportedType,
  RECIPE_FIELDS,
  type RecipeConfig,
} from "./recipe_fields.ts";
import { parseField, quote, type Section } from "../data/schema.ts";

/** What every family's configuration has. */
export interface SharedConfig {
  /** Number of token ids; rows of the embedding. */
  readonly vocab_size: number;
  /** Standard deviation of freshly initialised weights. */
  readonly initializer_range: number;
  /** Whether the head shares the embedding's weights. */
  readonly tie_word_embeddings: boolean;
  /** Token that begins a text, or null where there is none. */
  readonly bos_token_id: number | null;
  /** Token that ends a text, or null where there is none. */
  readonly eos_token_id: number | null;
}

/** A GPT-2 model, under Hugging Face's field names. */
export interface Gpt2Config extends SharedConfig {
  /** Tells the families apart. */
  readonly model_type: "gpt2";
  /** Longest sequence, in tokens; rows of the position embedding. */
  readonly n_positions: number;
  /** Width of the residual stream. */
  readonly n_embd: number;
  /** Number of blocks. */
  readonly n_layer: number;
  /** Attention heads of a block; divides `n_embd`. */
  readonly n_head: number;
  /** Width inside the feed-forward part; 4 · `n_embd` unless told. */
  readonly n_inner: number;
  /** Nonlinearity of the feed-forward part: GELU by its tanh formula. */
  readonly activation_function: "gelu_new";
  /** Added to the variance inside layer norm. */
  readonly layer_norm_epsilon: number;
}

/**
 * A Llama model, under Hugging Face's field names, and what it may have beyond
 * Llama.
 */
export interface LlamaConfig extends SharedConfig, RecipeConfig {
  /** Tells the families apart. */
  readonly model_type: "llama";
  /** Width of the residual stream. */
  readonly hidden_size: number;
  /** Width inside the feed-forward part. */
  readonly intermediate_size: number;
  /** Number of blocks. */
  readonly num_hidden_layers: number;
  /** Query heads of a block. */
  readonly num_attention_heads: number;
  /** Key and value heads of a block; divides `num_attention_heads`. */
  readonly num_key_value_heads: number;
  /** Width of a head, even because rotary embedding turns pairs. */
  readonly head_dim: number;
  /** Added to the mean square inside RMS norm. */
  readonly rms_norm_eps: number;
  /** Base of the rotary embedding's wavelengths. */
  readonly rope_theta: number;
  /** Longest sequence, in tokens. */
  readonly max_position_embeddings: number;
  /** Whether the attention's projections have biases. */
  readonly attention_bias: false;
  /** Whether the feed-forward part's projections have biases. */
  readonly mlp_bias: false;
}

/** A model of any family; `model_type` says which. */
export type ModelConfig = Gpt2Config | LlamaConfig;

/**
 * Blocks of a model.
 *
 * @param config Its configuration.
 */
export function layersOf(config: ModelConfig): number {
  return config.model_type === "gpt2"
    ? config.n_layer
    : config.num_hidden_layers;
}

/** Types of models that can be read; `minnow` is a Llama with more to it. */
const TYPES = ["gpt2", "llama", "qwen3", "minnow"] as const;

/** Keys of which only one value is implemented, for each type of model. */
const FIXED: Readonly<
  Record<typeof TYPES[number], Readonly<Record<string, unknown>>>
> = {
  gpt2: {
    scale_attn_weights: true,
    scale_attn_by_inverse_layer_idx: false,
    add_cross_attention: false,
  },
  // Elsewhere relu2 would stand in the gate.
  llama: { partial_rotary_factor: 1, hidden_act: "silu" },
  qwen3: {
    partial_rotary_factor: 1,
    hidden_act: "silu",
    use_sliding_window: false,
  },
  minnow: { partial_rotary_factor: 1 },
};

/**
 * Reads a Hugging Face `config.json`. Keys that are missing have the defaults
 * of Transformers; dropout and keys that do not change the model are ignored.
 *
 * @param json The parsed JSON, from the outside.
 * @param source The file's name, for messages.
 * @returns The configuration, of which every field is checked. A special
 * token's id beyond the vocabulary becomes null; of a list the first counts.
 * @throws {InputError} If a value is not allowed or asks for something that is
 * not implemented; names key and value.
 *
 * @example
 * ```ts
 * import { parseModelConfig } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const config = parseModelConfig({ model_type: "gpt2" }, "config.json");
 * assertEquals(config.vocab_size, 50257);
 * ```
 */
export function parseModelConfig(json: unknown, source: string): ModelConfig {
  const given = parseObject(json, source);
  const named = given.get("model_type");
  const type = TYPES.find((candidate) => candidate === named);
  if (type === undefined) {
    throw new InputError(
      `${source}: "model_type" is ${quote(named)}; it must be one of ${
        TYPES.map(quote).join(", ")
      }`,
    );
  }
  const fixed = Object.entries({ ...FIXED[type], quantization_config: null });
  for (const [key, only] of fixed) {
    const value = given.get(key) ?? only;
    if (value !== only) throw unsupported(source, key, value, quote(only));
  }
  if (type === "gpt2") {
    return completeGpt2(parseFields(GPT2_FIELDS, given, source), source);
  }
  const theta = ropeTheta(given, source);
  if (theta !== undefined) given.set("rope_theta", theta);
  if (type !== "minnow") {
    // Under other names these keys are nobody's, or mean something else.
    for (const key of Object.keys(RECIPE_FIELDS)) given.delete(key);
  }
  if (type === "qwen3") checkLayerTypes(given, source);
  const fields = type === "qwen3" ? QWEN3_FIELDS : LLAMA_FIELDS;
  return completeLlama(parseFields(fields, given, source), source);
}

/**
 * Writes a Hugging Face `config.json`.
 *
 * @param config A configuration.
 * @returns What to write into `config.json`; {@linkcode parseModelConfig} reads
 * it back, but for `zero_init`. Transformers loads the model where it has that
 * architecture: a Llama with `qk_norm` is a Qwen3. It refuses others, of the
 * type `minnow`.
 *
 * @example
 * ```ts
 * import { huggingFaceConfig, parseModelConfig } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const config = parseModelConfig({ model_type: "llama" }, "config.json");
 * assertEquals(huggingFaceConfig(config).architectures, [
 *   "LlamaForCausalLM",
 * ]);
 * ```
 */
export function huggingFaceConfig(
  config: ModelConfig,
): Record<string, unknown> {
  const { model_type, ...fields } = config;
  const shared = { torch_dtype: "float32", use_cache: true };
  if (config.model_type === "gpt2") {
    return {
      architectures: ["GPT2LMHeadModel"],
      model_type,
      ...fields,
      attn_pdrop: 0,
      embd_pdrop: 0,
      resid_pdrop: 0,
      ...shared,
    };
  }
  const type = exportedType(config);
  // Other architectures than our own do not know these keys.
  const left = type === "minnow"
    ? ["zero_init"]
    : Object.keys(RECIPE_FIELDS).filter((key) => key !== "hidden_act");
  return {
    architectures: [ARCHITECTURES[type]],
    model_type: type,
    ...Object.fromEntries(
      Object.entries(fields).filter(([key]) => !left.includes(key)),
    ),
    attention_dropout: 0,
    // Transformers before 5 reads rope_theta beside it, later ones this.
    rope_parameters: { rope_theta: config.rope_theta, rope_type: "default" },
    rope_scaling: null,
    ...shared,
  };
}

/** Names of the architectures by type of model. */
const ARCHITECTURES = {
  llama: "LlamaForCausalLM",
  qwen3: "Qwen3ForCausalLM",
  minnow: "MinnowForCausalLM",
} as const;

/** Refuses layers that see only a window of their sequence. */
function checkLayerTypes(
  given: ReadonlyMap<string, unknown>,
  source: string,
): void {
  const types: unknown = given.get("layer_types") ?? [];
  const other = [types].flat().find((type) => type !== "full_attention");
  if (other !== undefined) {
    throw unsupported(source, "layer_types", other, '"full_attention"');
  }
}

/** The values of a section's keys, a missing one at its default. */
function parseFields<T>(
  section: Section<T>,
  given: ReadonlyMap<string, unknown>,
  source: string,
): T {
  const parsed: Partial<T> = {};
  for (const key in section) {
    const value = given.get(key);
    parsed[key] = value === undefined
      ? section[key].default
      : parseField(section[key], value, key, source);
  }
  return parsed as T;
}

/**
 * The rotary base where it stands in an object of its own: `rope_parameters`
 * since Transformers 5; before, `rope_scaling` held changes to the wavelengths.
 */
function ropeTheta(
  given: ReadonlyMap<string, unknown>,
  source: string,
): unknown {
  let theta: unknown;
  for (const key of ["rope_scaling", "rope_parameters"]) {
    const value = given.get(key) ?? null;
    if (value === null) continue;
    const rope = parseObject(value, `${source}: "${key}"`);
    const kind = rope.get("rope_type") ?? rope.get("type") ?? "default";
    if (kind !== "default") {
      throw unsupported(source, `${key}.rope_type`, kind, '"default"');
    }
    const share = rope.get("partial_rotary_factor") ?? 1;
    if (share !== 1) {
      throw unsupported(source, `${key}.partial_rotary_factor`, share, "1");
    }
    theta = rope.get("rope_theta") ?? theta;
  }
  return theta;
}

function unsupported(
  source: string,
  key: string,
  value: unknown,
  only: string,
): InputError {
  return new InputError(
    `${source}: "${key}" is ${quote(value)}, which is not implemented; it ` +
      `must be ${only}`,
  );
}

function parseObject(json: unknown, source: string): Map<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new InputError(`${source}: is ${quote(json)}; it must be an object`);
  }
  return new Map(Object.entries(json));
}
