import { LanguageModel } from "../../model/language_model.ts";
import {
  type ModelConfig,
  parseModelConfig,
} from "../../model/model_config.ts";

/** A training configuration that the benchmark measures. */
export interface BenchSize {
  /** Name on the command line. */
  readonly name: string;
  /** Blocks. */
  readonly layers: number;
  /** Width of the residual stream. */
  readonly width: number;
  /** Attention heads. */
  readonly heads: number;
  /** Tokens of a sequence, T. */
  readonly context: number;
  /** Sequences of a step, B. */
  readonly batch: number;
  /** Ids of the vocabulary, all of which occur. */
  readonly vocabulary: number;
}

/** The configurations by name; all are GPT-2's architecture, tied, in f32. */
export const SIZES: ReadonlyMap<string, BenchSize> = new Map(
  [
    size("S", 4, 128, 4, 128, 8, 2048),
    size("M", 6, 256, 8, 256, 8, 4096),
    size("gpt2-124m", 12, 768, 12, 256, 1, 50257),
  ].map((each) => [each.name, each]),
);

function size(
  name: string,
  layers: number,
  width: number,
  heads: number,
  context: number,
  batch: number,
  vocabulary: number,
): BenchSize {
  return { name, layers, width, heads, context, batch, vocabulary };
}

/**
 * The model of a configuration. Its table is filled up to whole vectors, as
 * training does it; the added ids never occur.
 *
 * @param size The configuration.
 * @returns GPT-2's configuration of these sizes.
 */
export function configOf(size: BenchSize): ModelConfig {
  return parseModelConfig({
    model_type: "gpt2",
    n_layer: size.layers,
    n_embd: size.width,
    n_head: size.heads,
    n_positions: size.context,
    vocab_size: Math.ceil(size.vocabulary / 16) * 16,
  }, `bench size ${size.name}`);
}

/**
 * The model of a configuration on a device with buffers of this size.
 *
 * @param size The configuration.
 * @param maxBufferSize Largest buffer in bytes.
 * @returns The model.
 */
export function modelOf(size: BenchSize, maxBufferSize: number): LanguageModel {
  return new LanguageModel(configOf(size), maxBufferSize);
}
