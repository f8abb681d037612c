import { InputError } from "../data/input_error.ts";
import type { Gpt2Config, LlamaConfig, SharedConfig } from "./model_config.ts";
import { RECIPE_FIELDS } from "./recipe_fields.ts";
import {
  boolean,
  choice,
  type Field,
  integer,
  nullable,
  number,
  type Section,
} from "../data/schema.ts";

/** A GPT-2 configuration's fields; null is derived from the others. */
export interface Gpt2Fields extends Omit<Gpt2Config, "model_type" | "n_inner"> {
  /** Width inside the feed-forward part; null for 4 · `n_embd`. */
  readonly n_inner: number | null;
}

/** A Llama configuration's fields; null is derived from the others. */
export interface LlamaFields
  extends Omit<LlamaConfig, "model_type" | "num_key_value_heads" | "head_dim"> {
  /** Key and value heads; null for `num_attention_heads`. */
  readonly num_key_value_heads: number | null;
  /** Width of a head; null for `hidden_size` / `num_attention_heads`. */
  readonly head_dim: number | null;
}

/** Fields that both families have, with the default ids of the tokens. */
function sharedFields(defaults: {
  readonly vocab_size: number;
  readonly bos: number;
  readonly eos: number;
  readonly tied: boolean;
}): Section<SharedConfig> {
  return {
    vocab_size: integer({
      default: defaults.vocab_size,
      minimum: 1,
      maximum: 0x1000000,
      description: "token ids, rows of the embedding",
    }),
    initializer_range: number({
      default: 0.02,
      minimum: 0,
      maximum: 1,
      description: "standard deviation of fresh weights",
    }),
    tie_word_embeddings: boolean({
      default: defaults.tied,
      description: "whether the head shares the embedding's weights",
    }),
    bos_token_id: tokenId(defaults.bos, "token that begins a text"),
    eos_token_id: tokenId(defaults.eos, "token that ends a text"),
  };
}

/** Fields of a GPT-2 configuration with the defaults of Transformers. */
export const GPT2_FIELDS: Section<Gpt2Fields> = {
  ...sharedFields({ vocab_size: 50257, bos: 50256, eos: 50256, tied: true }),
  n_positions: count(1024, 0x1000000, "longest sequence, in tokens"),
  n_embd: count(768, 0x20000, "width of the residual stream"),
  n_layer: count(12, 1024, "blocks"),
  n_head: count(12, 1024, "attention heads of a block; divides n_embd"),
  n_inner: nullable(
    count(3072, 0x80000, "width inside the feed-forward part"),
    "4 · n_embd",
  ),
  activation_function: choice({
    choices: ["gelu_new"],
    default: "gelu_new",
    description: "nonlinearity of the feed-forward part",
  }),
  layer_norm_epsilon: epsilon(1e-5, "added to the variance in layer norm"),
};

/** Fields of a Llama configuration with the defaults of Transformers. */
export const LLAMA_FIELDS: Section<LlamaFields> = {
  ...sharedFields({ vocab_size: 32000, bos: 1, eos: 2, tied: false }),
  hidden_size: count(4096, 0x20000, "width of the residual stream"),
  intermediate_size: count(
    11008,
    0x80000,
    "width inside the feed-forward part",
  ),
  num_hidden_layers: count(32, 1024, "blocks"),
  num_attention_heads: count(32, 1024, "query heads of a block"),
  num_key_value_heads: nullable(
    count(32, 1024, "key and value heads; divides num_attention_heads"),
    "num_attention_heads",
  ),
  head_dim: nullable(
    count(128, 0x4000, "width of a head; even"),
    "hidden_size / num_attention_heads",
  ),
  rms_norm_eps: epsilon(1e-6, "added to the mean square in RMS norm"),
  rope_theta: number({
    default: 10000,
    above: 1,
    description: "base of the rotary embedding's wavelengths",
  }),
  max_position_embeddings: count(
    2048,
    0x1000000,
    "longest sequence, in tokens",
  ),
  attention_bias: choice({
    choices: [false],
    default: false,
    description: "whether the attention's projections have biases",
  }),
  mlp_bias: choice({
    choices: [false],
    default: false,
    description: "whether the feed-forward part's projections have biases",
  }),
  ...RECIPE_FIELDS,
};

/**
 * Fields of a Qwen3 configuration, a Llama with normalised queries and keys,
 * with the defaults of Transformers.
 */
export const QWEN3_FIELDS: Section<LlamaFields> = {
  ...LLAMA_FIELDS,
  vocab_size: { ...LLAMA_FIELDS.vocab_size, default: 151936 },
  intermediate_size: { ...LLAMA_FIELDS.intermediate_size, default: 22016 },
  head_dim: { ...LLAMA_FIELDS.head_dim, default: 128 },
  max_position_embeddings: {
    ...LLAMA_FIELDS.max_position_embeddings,
    default: 32768,
  },
  bos_token_id: { ...LLAMA_FIELDS.bos_token_id, default: null },
  eos_token_id: { ...LLAMA_FIELDS.eos_token_id, default: null },
  qk_norm: { ...LLAMA_FIELDS.qk_norm, default: true },
};

/**
 * Derives what is null and checks how the fields fit together.
 *
 * @param fields The fields, each allowed by itself.
 * @param source Where they come from, for messages.
 * @returns The configuration.
 * @throws {InputError} If the heads do not divide the width.
 */
export function completeGpt2(
  fields: Gpt2Fields,
  source: string,
): Gpt2Config {
  checkDivides(source, "n_embd", fields.n_embd, "n_head", fields.n_head);
  return {
    model_type: "gpt2",
    ...fields,
    n_inner: fields.n_inner ?? 4 * fields.n_embd,
    ...tokensInside(fields),
  };
}

/**
 * Derives what is null and checks how the fields fit together.
 *
 * @param fields The fields, each allowed by itself.
 * @param source Where they come from, for messages.
 * @returns The configuration.
 * @throws {InputError} If heads do not divide the width or one another, a head
 * is odd, or there are more value embeddings than layers.
 */
export function completeLlama(
  fields: LlamaFields,
  source: string,
): LlamaConfig {
  const heads = fields.num_attention_heads;
  const keyHeads = fields.num_key_value_heads ?? heads;
  checkDivides(
    source,
    "hidden_size",
    fields.hidden_size,
    "num_attention_heads",
    heads,
  );
  checkDivides(
    source,
    "num_attention_heads",
    heads,
    "num_key_value_heads",
    keyHeads,
  );
  const layers = fields.num_hidden_layers;
  if (2 * fields.value_embeddings > layers) {
    throw new InputError(
      `${source}: "value_embeddings" is ${fields.value_embeddings}, but ` +
        `"num_hidden_layers" is ${layers}; it must be at most half of that`,
    );
  }
  const headDim = fields.head_dim ?? fields.hidden_size / heads;
  if (headDim % 2 !== 0) {
    throw new InputError(
      `${source}: "head_dim" is ${headDim}; it must be even, because rotary ` +
        `embedding turns pairs`,
    );
  }
  return {
    model_type: "llama",
    ...fields,
    num_key_value_heads: keyHeads,
    head_dim: headDim,
    ...tokensInside(fields),
  };
}

function checkDivides(
  source: string,
  wholeKey: string,
  whole: number,
  partKey: string,
  part: number,
): void {
  if (whole % part !== 0) {
    throw new InputError(
      `${source}: "${wholeKey}" is ${whole}, which "${partKey}" ${part} does ` +
        `not divide; make it a multiple`,
    );
  }
}

/**
 * Small models often keep the special ids of a larger vocabulary, which
 * Transformers accepts; such a token can never occur.
 */
function tokensInside(
  fields: SharedConfig,
): Pick<SharedConfig, "bos_token_id" | "eos_token_id"> {
  const inside = (id: number | null) =>
    id !== null && id < fields.vocab_size ? id : null;
  return {
    bos_token_id: inside(fields.bos_token_id),
    eos_token_id: inside(fields.eos_token_id),
  };
}

function count(
  defaultCount: number,
  maximum: number,
  description: string,
): Field<number> {
  return integer({ default: defaultCount, minimum: 1, maximum, description });
}

function epsilon(defaultValue: number, description: string): Field<number> {
  return number({ default: defaultValue, above: 0, maximum: 1, description });
}

/** A token id, null, or a list of ids, of which the first counts. */
function tokenId(
  defaultId: number,
  description: string,
): Field<number | null> {
  const id = nullable(
    integer({ default: defaultId, minimum: 0, description }),
    "none",
  );
  return {
    ...id,
    default: defaultId,
    parse: (value) => id.parse(Array.isArray(value) ? value[0] : value),
  };
}
