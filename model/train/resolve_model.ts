import { InputError } from "../../data/input_error.ts";
import {
  completeGpt2,
  completeLlama,
  GPT2_FIELDS,
  type Gpt2Fields,
  LLAMA_FIELDS,
  type LlamaFields,
} from "../config_fields.ts";
import type { ModelConfig } from "../model_config.ts";
import { PRESETS } from "../preset.ts";
import { FRESH_RECIPE } from "../recipe_fields.ts";
import { defaultsOf } from "../../data/schema.ts";
import type { ModelSection } from "./run_config.ts";

/**
 * A vocabulary is filled up to a multiple of this with ids that never occur:
 * kernels read rows in vectors and compute whole tiles.
 */
const VOCABULARY_MULTIPLE = 16;

/**
 * Rows of the table from which on a fresh llama's head has one of its own. It
 * costs memory and no arithmetic: with 4096 rows, models of the size that suits
 * their time end 4.3 and 5.4 % lower. With 65 and 256 rows nothing was gained.
 */
const UNTIED_FROM = 1024;

/** What the tokenizer and the run decide about a model. */
export interface ModelSurroundings {
  /** Ids that the tokenizer knows. */
  readonly vocabSize: number;
  /** Tokens of a training sequence. */
  readonly context: number;
  /** Token that begins a text, or null. */
  readonly bosTokenId: number | null;
  /** Token that ends a text, or null. */
  readonly eosTokenId: number | null;
}

/**
 * Fills in what a run leaves open about its model: first the run's own fields,
 * then its preset's, then the tokenizer and the context, then a small model of
 * the family.
 *
 * @param section The model as the run names it.
 * @param surroundings What the tokenizer and the run decide.
 * @param source Where the section comes from, for messages.
 * @returns The whole configuration.
 * @throws {InputError} If the fields do not fit together, or vocabulary or
 * longest sequence are smaller than needed.
 *
 * @example
 * ```ts
 * import { resolveModel } from "@minnow/minnow";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const config = resolveModel(
 *   { preset: "gpt2", family: "gpt2", fields: { n_layer: 2 } },
 *   { vocabSize: 257, context: 64, bosTokenId: 256, eosTokenId: 256 },
 *   "run.yaml",
 * );
 * assert(config.model_type === "gpt2");
 * assertEquals(config.n_embd, 768); // the preset's
 * assertEquals(config.n_layer, 2); // the run's own
 * assertEquals(config.vocab_size, 272); // filled up
 * ```
 */
export function resolveModel(
  section: ModelSection,
  surroundings: ModelSurroundings,
  source: string,
): ModelConfig {
  const { vocabSize, context, bosTokenId, eosTokenId } = surroundings;
  const preset = section.preset === null
    ? {}
    : PRESETS.get(section.preset)?.model.fields;
  const tokens = {
    vocab_size: Math.ceil(vocabSize / VOCABULARY_MULTIPLE) *
      VOCABULARY_MULTIPLE,
    bos_token_id: bosTokenId,
    eos_token_id: eosTokenId,
  };
  if (section.family === "gpt2") {
    const fields: Gpt2Fields = {
      ...defaultsOf(GPT2_FIELDS),
      n_embd: 128,
      n_layer: 4,
      n_head: 4,
      ...tokens,
      n_positions: context,
      ...preset,
      ...section.fields,
    };
    checkRoom(source, "vocab_size", fields.vocab_size, vocabSize);
    checkRoom(source, "n_positions", fields.n_positions, context);
    return completeGpt2(fields, `${source}: model`);
  }
  const own = section.fields;
  const given: Partial<LlamaFields> = { ...preset, ...own };
  const hidden = given.hidden_size ?? 128;
  const plain = given.hidden_act === "relu2";
  const fields: LlamaFields = {
    ...defaultsOf(LLAMA_FIELDS),
    ...FRESH_RECIPE,
    hidden_size: hidden,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: tokens.vocab_size < UNTIED_FROM,
    ...tokens,
    max_position_embeddings: context,
    ...given,
    // A gate makes three matrices, which hold what two of 4 · hidden_size
    // would (Shazeer, arXiv:2002.05202), rounded up to what suits vector loads.
    // Presets name the width for three.
    intermediate_size: own.intermediate_size ??
      (plain
        ? 4 * hidden
        : given.intermediate_size ?? Math.ceil(hidden * 8 / 3 / 32) * 32),
  };
  checkRoom(source, "vocab_size", fields.vocab_size, vocabSize);
  checkRoom(
    source,
    "max_position_embeddings",
    fields.max_position_embeddings,
    context,
  );
  return completeLlama(fields, `${source}: model`);
}

const NEEDED_BY = {
  vocab_size: "the tokenizer has",
  n_positions: '"train.context" is',
  max_position_embeddings: '"train.context" is',
} as const;

function checkRoom(
  source: string,
  key: keyof typeof NEEDED_BY,
  value: number,
  needed: number,
): void {
  if (value < needed) {
    throw new InputError(
      `${source}: "model.${key}" is ${value}, but ${
        NEEDED_BY[key]
      } ${needed}; leave the key out or make it at least that`,
    );
  }
}
