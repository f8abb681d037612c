import { InputError } from "../../data/input_error.ts";
import { completeLlama, LLAMA_FIELDS } from "../config_fields.ts";
import { RECIPE_FIELDS } from "../recipe_fields.ts";
import type { LlamaConfig } from "../model_config.ts";
import { defaultsOf, parseField } from "../../data/schema.ts";
import { PositionedFile } from "./positioned_file.ts";
import type { WeightSource } from "./weight_source.ts";

const HEADER_BYTES = 28;

/** A model in llama2.c's first format. */
export interface Llama2cModel {
  /** Its configuration. */
  readonly config: LlamaConfig;
  /** Its weights under Hugging Face's names. */
  readonly weights: WeightSource;
}

/** Where a tensor lies in the file and how it differs from Hugging Face's. */
interface Entry {
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly offset: number;
  /** Whether rows are to be reordered for the rotary embedding. */
  readonly rotary: boolean;
}

/**
 * Opens a model in the first format of llama2.c
 * (https://github.com/karpathy/llama2.c): seven 32-bit integers, then f32
 * tensors in a fixed order, those of all layers together.
 *
 * llama2.c rotates neighbours (2i, 2i+1) of a head, Hugging Face's models rotate
 * (i, i + head_dim/2). The rows of the query and key projections are reordered
 * so that neighbours land where the latter expects them; since both sides of
 * q·k move alike, the model stays the same.
 *
 * @param path The file.
 * @returns Configuration and weights; close the weights when done. Texts begin
 * with token 1; models of one story a text end it with that token as well.
 * @throws {InputError} If the file cannot be read, or its length does not fit
 * what it claims.
 */
export async function readLlama2c(path: string): Promise<Llama2cModel> {
  const file = await PositionedFile.open(path);
  try {
    const { config, sequence } = readHeader(file);
    const entries = layOut(config, sequence, file);
    return {
      config,
      weights: {
        names: [...entries.keys()],
        shape: (name) => entries.get(name)?.shape,
        read: (name) =>
          Promise.try(() =>
            readTensor(file, name, entries.get(name), config.head_dim)
          ),
        close: () => file.close(),
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function readHeader(
  file: PositionedFile,
): { readonly config: LlamaConfig; readonly sequence: number } {
  const { path, byteLength } = file;
  if (byteLength < HEADER_BYTES) {
    throw new InputError(
      `Cannot read '${path}': ${byteLength} bytes are too few for a llama2.c model; fetch it again`,
    );
  }
  const header = new Int32Array(HEADER_BYTES / 4);
  file.read(0, new Uint8Array(header.buffer));
  const [dim, hidden, layers, heads, keyHeads, vocabulary, sequence] = header;
  const field = (
    key:
      | "vocab_size"
      | "hidden_size"
      | "intermediate_size"
      | "num_hidden_layers"
      | "num_attention_heads"
      | "max_position_embeddings",
    value: number,
  ) => parseField(LLAMA_FIELDS[key], value, key, path);
  const config = completeLlama({
    ...defaultsOf(RECIPE_FIELDS),
    // A negative size says that the head has weights of its own.
    vocab_size: field("vocab_size", Math.abs(vocabulary)),
    tie_word_embeddings: vocabulary > 0,
    hidden_size: field("hidden_size", dim),
    intermediate_size: field("intermediate_size", hidden),
    num_hidden_layers: field("num_hidden_layers", layers),
    num_attention_heads: field("num_attention_heads", heads),
    num_key_value_heads: parseField(
      LLAMA_FIELDS.num_key_value_heads,
      keyHeads,
      "num_key_value_heads",
      path,
    ),
    head_dim: null,
    max_position_embeddings: field("max_position_embeddings", sequence),
    // Constants of llama2.c, which its files do not hold.
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    attention_bias: false,
    mlp_bias: false,
    initializer_range: LLAMA_FIELDS.initializer_range.default,
    bos_token_id: 1,
    eos_token_id: 2,
  }, path);
  return { config, sequence };
}

/** Finds every tensor's place, and checks that they fill the file. */
function layOut(
  config: LlamaConfig,
  sequence: number,
  { path, byteLength }: PositionedFile,
): ReadonlyMap<string, Entry> {
  const {
    vocab_size: vocabulary,
    hidden_size: dim,
    intermediate_size: hidden,
    head_dim: headDim,
  } = config;
  const queryDim = config.num_attention_heads * headDim;
  const keyDim = config.num_key_value_heads * headDim;
  const entries = new Map<string, Entry>();
  let offset = HEADER_BYTES;
  const place = (name: string, shape: readonly number[], rotary = false) => {
    entries.set(name, { shape, offset, rotary });
    offset += 4 * shape.reduce((product, length) => product * length, 1);
  };
  const placeInEachLayer = (
    name: string,
    shape: readonly number[],
    rotary = false,
  ) => {
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      place(`model.layers.${layer}.${name}.weight`, shape, rotary);
    }
  };
  place("model.embed_tokens.weight", [vocabulary, dim]);
  placeInEachLayer("input_layernorm", [dim]);
  placeInEachLayer("self_attn.q_proj", [queryDim, dim], true);
  placeInEachLayer("self_attn.k_proj", [keyDim, dim], true);
  placeInEachLayer("self_attn.v_proj", [keyDim, dim]);
  placeInEachLayer("self_attn.o_proj", [dim, queryDim]);
  placeInEachLayer("post_attention_layernorm", [dim]);
  placeInEachLayer("mlp.gate_proj", [hidden, dim]);
  placeInEachLayer("mlp.down_proj", [dim, hidden]);
  placeInEachLayer("mlp.up_proj", [hidden, dim]);
  place("model.norm.weight", [dim]);
  // Cosines and sines, which are computed here.
  offset += 2 * 4 * sequence * (headDim / 2);
  if (!config.tie_word_embeddings) place("lm_head.weight", [vocabulary, dim]);
  if (offset !== byteLength) {
    throw new InputError(
      `Cannot read '${path}': its header stands for ${offset} bytes, but it has ${byteLength}; it is truncated or no llama2.c model`,
    );
  }
  return entries;
}

function readTensor(
  file: PositionedFile,
  name: string,
  entry: Entry | undefined,
  headDim: number,
): Float32Array<ArrayBuffer> {
  if (entry === undefined) {
    throw new InputError(
      `Cannot read '${file.path}': it has no tensor "${name}"; is it a model of another family?`,
    );
  }
  const { shape, offset, rotary } = entry;
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  file.read(offset, new Uint8Array(values.buffer));
  return rotary ? splitHalves(values, shape[0], headDim) : values;
}

/** Moves row 2i + j of each head to row i + j · head_dim/2. */
function splitHalves(
  values: Float32Array,
  rows: number,
  headDim: number,
): Float32Array<ArrayBuffer> {
  const columns = values.length / rows;
  const half = headDim / 2;
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const inHead = row % headDim;
    const target = row - inHead + (inHead >> 1) + (inHead & 1) * half;
    result.set(
      values.subarray(row * columns, (row + 1) * columns),
      target * columns,
    );
  }
  return result;
}
