import type { ModelSection } from "./train/run_config.ts";

/** A model known by name, without what the tokenizer and the run decide. */
export interface Preset {
  /** What it is; no full stop. */
  readonly description: string;
  /** Family and fields. */
  readonly model: Pick<ModelSection, "family" | "fields">;
}

/**
 * The models that a run can name. Vocabulary and context come from the
 * tokenizer and the run, so the parameters counted here leave out embeddings.
 *
 * @example
 * ```ts
 * import { PRESETS } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(PRESETS.get("gpt2")?.model.family, "gpt2");
 * assertEquals(PRESETS.has("primer"), true);
 * ```
 */
export const PRESETS: ReadonlyMap<string, Preset> = new Map([
  ["primer", {
    description: "0.3M parameters: learns the primer within minutes",
    model: llama(96, 256, 3, 3, 3),
  }],
  ["stories15m", {
    description: "6.0M parameters, the shape of llama2.c's smallest stories",
    model: tied(llama(288, 768, 6, 6, 6)),
  }],
  ["stories42m", {
    description: "25M parameters, the shape of llama2.c's middle stories",
    model: tied(llama(512, 1376, 8, 8, 8)),
  }],
  ["smollm2-135m", {
    description: "106M parameters, the shape of SmolLM2-135M",
    model: tied(llama(576, 1536, 30, 9, 3)),
  }],
  ["gpt2", {
    description: "85M parameters, the shape of GPT-2 124M",
    model: gpt2(768, 12, 12),
  }],
  ["gpt2-medium", {
    description: "302M parameters, the shape of GPT-2 355M",
    model: gpt2(1024, 24, 16),
  }],
  ["gpt2-large", {
    description: "708M parameters, the shape of GPT-2 774M",
    model: gpt2(1280, 36, 20),
  }],
]);

/** Name of the preset that a run trains when it names no model. */
export const DEFAULT_PRESET = "primer";

function gpt2(
  n_embd: number,
  n_layer: number,
  n_head: number,
): Preset["model"] {
  return { family: "gpt2", fields: { n_embd, n_layer, n_head } };
}

function llama(
  hidden_size: number,
  intermediate_size: number,
  num_hidden_layers: number,
  num_attention_heads: number,
  num_key_value_heads: number,
): Preset["model"] {
  return {
    family: "llama",
    fields: {
      hidden_size,
      intermediate_size,
      num_hidden_layers,
      num_attention_heads,
      num_key_value_heads,
    },
  };
}

/** The same with its token table for a head, as its authors have it. */
function tied({ family, fields }: Preset["model"]): Preset["model"] {
  return { family, fields: { ...fields, tie_word_embeddings: true } };
}
